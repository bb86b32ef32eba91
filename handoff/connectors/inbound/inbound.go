package inbound

import (
	"errors"
	"net/http"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/call"
)

// Refuse refuses a call. The message is for the vendor's log.
func Refuse(code handoff.InboundCode, message string) error {
	return &handoff.InboundError{Code: code, Message: message}
}

// Check looks at path, method and size. Done is the answer to a call that asks for nothing
// else: HEAD, by which vendors see whether the address is there.
func Check(in *handoff.Inbound, limit int) (done *handoff.Received, err error) {
	switch {
	case in.SubPath != "":
		return nil, Refuse(handoff.InboundNotFound, "no such path")
	case in.Method == http.MethodHead:
		return &handoff.Received{Reply: reply(http.StatusOK, "OK")}, nil
	case in.Method != http.MethodPost:
		return nil, Refuse(handoff.InboundMethod, "use POST")
	case len(in.Body) > limit:
		return nil, Refuse(handoff.InboundTooLarge, "the body is too large")
	}
	return nil, nil
}

// refusals are the statuses of what is refused. Too many calls are 503 and not 429, by
// which a vendor may stop for minutes.
var refusals = map[handoff.InboundCode]int{
	handoff.InboundTooLarge:     http.StatusRequestEntityTooLarge,
	handoff.InboundUnauthorized: http.StatusUnauthorized,
	handoff.InboundBadSignature: http.StatusUnauthorized,
	handoff.InboundBad:          http.StatusBadRequest,
	handoff.InboundTooMany:      http.StatusServiceUnavailable,
	handoff.InboundUnavailable:  http.StatusServiceUnavailable,
	handoff.InboundMethod:       http.StatusMethodNotAllowed,
	handoff.InboundNotFound:     http.StatusNotFound,
}

// Answer gives 200 to all that was understood: a conversation that is not ours is none of
// our business, and anything else makes a vendor deliver again.
func Answer(results []handoff.Result, err error) handoff.Reply {
	var refused *handoff.InboundError
	switch {
	case errors.As(err, &refused):
		return *reply(refusals[refused.Code], refused.Message)
	case err != nil:
		return *reply(http.StatusServiceUnavailable, "try again later")
	}
	for _, r := range results {
		if r == handoff.TryLater {
			return *reply(http.StatusServiceUnavailable, "try again later")
		}
	}
	return *reply(http.StatusOK, "OK")
}

func reply(status int, message string) *handoff.Reply {
	b, err := call.Marshal(struct {
		Message string `json:"message"`
	}{message})
	if err != nil {
		panic("inbound: an answer cannot be written: " + err.Error()) // it is a text
	}
	return &handoff.Reply{Status: status, ContentType: "application/json", Body: b}
}
