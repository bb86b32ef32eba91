package server

import (
	"bytes"
	"errors"
	"io"
	"time"

	"github.com/valyala/fasthttp"
)

// uploadPatience is how long an upload may stand still: a body of importBody may take
// longer than ReadTimeout, but something of it has to arrive all the time.
const uploadPatience = 30 * time.Second

// takeBody returns the body of a route with importBody, which comes as it is read. It
// may be read until the reply has been sent, in a stream's writer too; what is left
// unread costs the connection.
func (x *exchange) takeBody() io.Reader {
	x.bodyRead = true // discard leaves it alone
	x.ctx.SetConnectionClose()
	stream := x.ctx.RequestBodyStream()
	if stream == nil {
		stream = bytes.NewReader(x.ctx.Request.Body())
	}
	return &upload{stream: stream, ctx: x.ctx}
}

// upload reads a body without an end to its time as a whole.
type upload struct {
	stream io.Reader
	ctx    *fasthttp.RequestCtx
}

// Read reads on, within uploadPatience.
func (u *upload) Read(p []byte) (int, error) {
	if c := u.ctx.Conn(); c != nil {
		if err := c.SetReadDeadline(time.Now().Add(uploadPatience)); err != nil {
			return 0, err
		}
	}
	n, err := u.stream.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		return n, errUpload
	}
	return n, err
}

// errUpload says that an upload broke off.
var errUpload = errors.New("the upload did not arrive whole")
