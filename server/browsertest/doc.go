// Package browsertest looks at the pages of a running server in a real browser (Chromium,
// driven by chromedp): in the light and in the dark, on a desk and on a phone. What is shown
// has to fit, to stand out from what is behind it and to load without a complaint; links have
// to lead somewhere, and what the page says to type has to do what the page says.
//
// It is a module of its own, so that chromedp is not a dependency of the product. .ci/needs
// installs the browser.
package browsertest
