// Package lint reads what zhida is deployed with the way the tools do that will read it:
// the Dockerfile with BuildKit's own parser and linter, compose.yaml with Compose's loader,
// the Helm chart with Helm's linter and engine and its manifests with the Kubernetes API's
// types, strictly, alert rules and the dashboard's queries with Prometheus' parsers. It has
// nothing but tests.
//
// It is a module of its own, so that the dependencies of those tools are not the product's.
package lint
