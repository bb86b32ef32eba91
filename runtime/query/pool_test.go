package query

import (
	"fmt"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// pipeConn makes a connection whose other end tells when it was closed.
func pipeConn(r route) (*conn, <-chan struct{}) {
	ours, theirs := net.Pipe()
	closed := make(chan struct{})
	go func() {
		hang(theirs)
		theirs.Close()
		close(closed)
	}()
	return newConn(ours, r), closed
}

func isClosed(closed <-chan struct{}) bool {
	synctest.Wait()
	select {
	case <-closed:
		return true
	default:
		return false
	}
}

func TestPoolExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(10*time.Second, 8)
		a, aClosed := pipeConn(route{host: "a"})
		b, bClosed := pipeConn(route{host: "b"})
		p.put(a)
		wait(6 * time.Second)
		p.put(b)
		if p.get(route{host: "a"}) != a || p.get(route{host: "a"}) != nil {
			t.Error("a was not given once")
		}
		p.put(a)
		wait(5 * time.Second)
		if isClosed(aClosed) || isClosed(bClosed) {
			t.Error("closed too early")
		}
		wait(5 * time.Second)
		if !isClosed(aClosed) || !isClosed(bClosed) || p.get(route{host: "a"}) != nil || p.count != 0 {
			t.Error("not closed in time")
		}
	})
}

func TestPoolGivesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(time.Minute, 2)
		var closed []<-chan struct{}
		for i := range 4 {
			c, gone := pipeConn(route{host: fmt.Sprint(i)})
			closed = append(closed, gone)
			p.put(c)
		}
		for i, want := range []bool{true, true, false, false} {
			if isClosed(closed[i]) != want {
				t.Errorf("connection %d is closed: %v", i, !want)
			}
		}
		p.close()
		late, gone := pipeConn(route{})
		p.put(late)
		if !isClosed(closed[2]) || !isClosed(closed[3]) || !isClosed(gone) {
			t.Error("a closed pool holds connections")
		}
		none := newPool(time.Minute, -1)
		c, gone := pipeConn(route{})
		none.put(c)
		if !isClosed(gone) {
			t.Error("a pool of none holds one")
		}
	})
}

// TestPoolModel holds the pool against a list.
func TestPoolModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPool(time.Hour, 5)
		defer p.close()
		var model []*conn // oldest first
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			r := route{host: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "host")}
			if rapid.Bool().Draw(t, "put") {
				c, _ := pipeConn(r)
				p.put(c)
				if model = append(model, c); len(model) > 5 {
					model = model[1:]
				}
				continue
			}
			var want *conn
			for i := len(model) - 1; i >= 0 && want == nil; i-- {
				if model[i].route == r {
					want = model[i]
					model = append(model[:i:i], model[i+1:]...)
				}
			}
			got := p.get(r)
			if got != want {
				t.Fatalf("got %p, want %p", got, want)
			}
			if got != nil {
				got.Close()
			}
		}
		if p.count != len(model) {
			t.Fatalf("%d are kept, want %d", p.count, len(model))
		}
	})
}
