// Package form reads and checks a connector's settings. [Check] holds values against the
// fields of a Description, every fault at once; the getters give what stands there, with
// the field's zero value where nothing does.
package form
