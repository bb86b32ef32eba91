package query

import "time"

// shortTimeout stands for the 5 s of a call where the clock is real.
const shortTimeout = 250 * time.Millisecond
