package diag

// Message is an entry of the catalogue: a sentence in both languages and the code
// it belongs to. The entries stand beside each other in two files: what is said of
// the form of an answer (messages_form.go) and of its meaning (messages_meaning.go).
type Message uint16

// meaningBase is where the numbers of messages_meaning.go begin.
const meaningBase Message = 1000

type message struct {
	code   Code // 0: the title of a fix
	zh, en string
}

func (m Message) row() message {
	if m >= meaningBase {
		return meaningMessages[m-meaningBase]
	}
	return formMessages[m]
}

// Text returns the message in both languages with its places filled in.
func (m Message) Text(args ...string) Text {
	row := m.row()
	return Text{Zh: Fill(row.zh, args), En: Fill(row.en, args)}
}
