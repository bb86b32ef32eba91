package markup

// HTML is the state of an html tokenizer behind the author's constant text.
type HTML struct {
	state uint8
}

// Feed returns the state behind the constant text.
func (h HTML) Feed(text string) HTML { return h }

// Value returns the place of a value that stands here, and the state behind it.
func (h HTML) Value() (Place, HTML) { return HTMLText, h }

// InText reports whether an operation's button may stand here.
func (h HTML) InText() bool { return true }

// Join returns the state behind branches that end in a and b.
func Join(a, b HTML) HTML { return a }
