// Package call makes a connector's HTTP calls: one attempt, bounded in time and size, and
// an error that says what it means for the outbox.
//
//	c := call.Client{Doer: guarded, Timeout: 10 * time.Second}
//	response, err := c.Do(ctx, call.Request{Method: "POST", URL: url, JSON: body, Secrets: []string{token}})
//	if err == nil { err = call.Judge(response) }
//
// The [Doer] is handed in: in the product the guarded client of guard/outbound, which
// decides about addresses and follows no redirects. Nothing here retries; the outbox does.
//
// Every error is a *handoff.CallError. Its Uncertain is false only where the request
// cannot have arrived: no connection was made, or the guard refused it. Its message is
// for operators and holds no secret of the request, even where the vendor repeats one.
package call
