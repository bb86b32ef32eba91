// Command zhida is the whole product in one program: a server, and the tools of an
// editor of answers. It only wires: flags, environment and config file come in, rooms
// are made of them and run.
//
//	serve     the API (serve.go)
//	render    one answer on standard output (render.go)
//	check     diagnostics of answer files and folders (check.go, files.go)
//	test      the saved cases of a folder of answers, or of those of a server (test*.go)
//	connector test   holds a webhook receiver to the contract (connector.go)
//	simulate  a desk that behaves badly on purpose (simulate.go)
//	admin     backup, restore, keys (admin.go)
//	version   what this is
//	help      what it can do
//
// Settings (settings.go) come from a flag, else from a ZHIDA_ variable, else from the
// config file, which is read strictly (yaml.go): a key that does not exist is an error
// that names the line and the nearest key, and all errors are told at once.
//
// Exit codes: 0 all is well, 1 an answer has an error or a request was cut off, 2 the
// command could not do its work.
package main
