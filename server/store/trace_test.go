package store_test

import (
	"bufio"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// event is what a process did to a file, as strace tells it.
type event struct {
	kind string // write, truncate, sync, create, unlink, or ack: the file acks was written to
	path string
	data []byte
	at   int64 // offset of a write, size of a truncation
}

// tracedCalls are the calls that change files or make changes durable. Others that do, as
// mmap, are not used for the database and its log.
const tracedCalls = "open,creat,openat,write,pwrite64,pwritev,pwritev2,writev,fsync,fdatasync,sync_file_range,ftruncate,fallocate,unlink,unlinkat,rename,renameat,renameat2"

// readTrace reads the events from strace -f -y -xx. A write to acks counts from its start,
// all else from its end.
func readTrace(name string) ([]event, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // read only
	var events []event
	begun := map[string]string{} // by process, the line of a call that has not ended
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		pid, call, _ := strings.Cut(lines.Text(), " ")
		call = strings.TrimLeft(call, " ")
		if head, ok := strings.CutSuffix(call, " <unfinished ...>"); ok {
			if e, ok := ackOf(head); ok {
				events = append(events, e)
			}
			begun[pid] = head
			continue
		}
		late := false
		if strings.HasPrefix(call, "<... ") {
			_, tail, ok := strings.Cut(call, " resumed>")
			if !ok {
				return nil, fmt.Errorf("a line that cannot be read: %.100s", call)
			}
			call, late = begun[pid]+tail, true
			delete(begun, pid)
		}
		e, ok, err := readCall(call)
		if err != nil {
			return nil, err
		}
		if ok && !(late && e.kind == "ack") {
			events = append(events, e)
		}
	}
	return events, lines.Err()
}

// ackOf is the event of a write to acks that has begun.
func ackOf(head string) (event, bool) {
	e, ok, err := readCall(head + ") = 1")
	return e, ok && err == nil && e.kind == "ack"
}

var (
	callForm = regexp.MustCompile(`^([a-z0-9_]+)\((.*)\)\s+= (-?\d+|\?)(<[^>]*>)?`)
	fileForm = regexp.MustCompile(`^\d+<([^>]*)>`)
)

// readCall reads one call. It is none of ours when it failed, or is not about a file that
// counts.
func readCall(text string) (e event, ok bool, _ error) {
	m := callForm.FindStringSubmatch(text)
	if m == nil || strings.HasPrefix(m[3], "-") || m[3] == "?" {
		return e, false, nil
	}
	name, args := m[1], strings.Split(m[2], ", ")
	if fd := fileForm.FindStringSubmatch(args[0]); fd != nil {
		e.path = unhex(fd[1])
	}
	number := func(i int) int64 {
		n, err := strconv.ParseInt(args[i], 0, 64)
		if err != nil {
			panic("a number that is none in " + text[:min(len(text), 80)])
		}
		return n
	}
	switch name {
	case "open":
		e.kind, e.path = "create", unhex(strings.Trim(args[0], `"`))
		return e, strings.Contains(args[1], "O_CREAT"), nil
	case "openat":
		e.kind, e.path = "create", unhex(strings.Trim(args[1], `"`))
		return e, len(args) > 2 && strings.Contains(args[2], "O_CREAT"), nil
	case "write":
		e.kind, e.data = "ack", []byte(unhex(strings.Trim(args[1], `"`)))
		return e, strings.HasSuffix(e.path, "/acks"), nil
	case "pwrite64":
		if strings.HasSuffix(args[1], "...") {
			return e, false, fmt.Errorf("strace has cut a write to %s short", e.path)
		}
		e.kind, e.data, e.at = "write", []byte(unhex(strings.Trim(args[1], `"`))), number(3)
		return e, true, nil
	case "fsync", "fdatasync":
		e.kind = "sync"
		return e, true, nil
	case "ftruncate":
		e.kind, e.at = "truncate", number(1)
		return e, true, nil
	case "unlink":
		e.kind, e.path = "unlink", unhex(strings.Trim(args[0], `"`))
		return e, true, nil
	case "unlinkat":
		e.kind, e.path = "unlink", unhex(strings.Trim(args[1], `"`))
		return e, true, nil
	}
	if strings.Contains(e.path, "zhida.db") {
		return e, false, fmt.Errorf("the test does not know what %s does to %s", name, e.path)
	}
	return e, false, nil
}

// unhex reads strace's \x61 for a.
func unhex(s string) string {
	if !strings.Contains(s, `\x`) {
		return s
	}
	var b strings.Builder
	for _, digits := range strings.Split(s, `\x`)[1:] {
		n, err := strconv.ParseUint(digits, 16, 8)
		if err != nil {
			return s
		}
		b.WriteByte(byte(n))
	}
	return b.String()
}
