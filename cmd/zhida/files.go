package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime"
)

// formats says by its extension what an answer file is.
func formats() map[string]runtime.Format {
	return map[string]runtime.Format{
		".txt": runtime.Text, ".html": runtime.HTML, ".htm": runtime.HTML, ".md": runtime.Markdown,
	}
}

// formatOf is the format of a file by its name; one that is named on the command line
// and has another extension is text.
func formatOf(path string) runtime.Format {
	return formats()[strings.ToLower(filepath.Ext(path))]
}

// stdinName stands for standard input where a file is named.
const stdinName = "-"

// nameOf is a file's name in messages.
func nameOf(path string) string {
	if path == stdinName {
		return "<stdin>"
	}
	return path
}

// read reads a file, or standard input for "-".
func (c *console) read(path string) ([]byte, error) {
	if path == stdinName {
		return io.ReadAll(c.in)
	}
	return os.ReadFile(path)
}

// findFiles lists the files that are named, and the answer files of the folders that
// are, each once, in the order of the names.
func findFiles(paths []string) ([]string, error) {
	var found []string
	known := formats()
	for _, root := range paths {
		if root == stdinName {
			found = append(found, root)
			continue
		}
		info, err := os.Stat(root)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			found = append(found, root)
			continue
		}
		err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if hidden := strings.HasPrefix(d.Name(), ".") && path != root; hidden && d.IsDir() {
				return fs.SkipDir // .git and its like hold no answers
			} else if hidden {
				return nil
			}
			if _, ok := known[strings.ToLower(filepath.Ext(path))]; ok && d.Type().IsRegular() {
				found = append(found, path)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// How progress is shown: at once on a terminal, after a while elsewhere.
const (
	meterTick  = 200 * time.Millisecond
	meterQuiet = time.Second
)

// meter shows on standard error how far a long check has come: on a terminal in one
// line that changes, else, once it takes longer than a second, in a line each second.
type meter struct {
	w     io.Writer
	lang  string
	total int
	tty   bool

	mu   sync.Mutex
	done int
	end  chan struct{}
	idle sync.WaitGroup
}

func startMeter(w io.Writer, total int, lang string) *meter {
	m := &meter{w: w, lang: lang, total: total, end: make(chan struct{})}
	if f, ok := w.(*os.File); ok {
		m.tty = term.IsTerminal(int(f.Fd())) //nolint:gosec // a file descriptor is small
	}
	m.idle.Go(m.run)
	return m
}

// run shows the count until stop.
func (m *meter) run() {
	every := meterQuiet
	if m.tty {
		every = meterTick
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	shown := false
	for {
		select {
		case <-tick.C:
			m.show()
			shown = true
		case <-m.end:
			if m.tty && shown {
				fmt.Fprint(m.w, "\r\x1b[K")
			}
			return
		}
	}
}

// show writes the count.
func (m *meter) show() {
	m.mu.Lock()
	done := m.done
	m.mu.Unlock()
	t := diag.Text{Zh: fmt.Sprintf("正在检查：%d / %d", done, m.total), En: fmt.Sprintf("checking: %d of %d", done, m.total)}.In(m.lang)
	if m.tty {
		fmt.Fprint(m.w, "\r\x1b[K", t)
		return
	}
	fmt.Fprintln(m.w, t)
}

// step counts a file.
func (m *meter) step() {
	m.mu.Lock()
	m.done++
	m.mu.Unlock()
}

// stop ends the meter; its line is gone.
func (m *meter) stop() {
	close(m.end)
	m.idle.Wait()
}

// at names a place in a file: the file alone, or with the pointer into its JSON.
func at(file, pointer string) string {
	if pointer == "" {
		return file
	}
	return file + ": " + pointer
}
