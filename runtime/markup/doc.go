// Package markup decides where in an html or markdown answer a value stands,
// and writes the value for that place.
package markup
