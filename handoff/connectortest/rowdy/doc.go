// Package rowdy is a desk that behaves badly on purpose: `zhida simulate`. It takes the
// calls of the webhook contract like a good receiver and has agents who answer every
// message and close in the end; on the way it delays, repeats and reorders what it calls
// back, loses answers after the effect, refuses for a while, and goes away altogether.
//
// Who builds a platform's side, or a connector, points it at the desk and reads the
// [Report]: what the platform did against the contract (a message out of order, the same
// key with other bytes, a timestamp that does not rise), what was called how often, and
// which deliveries were never taken. The same seed makes the same choices for the same
// calls.
package rowdy
