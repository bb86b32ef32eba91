package runtime

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime/condition"
	"github.com/zhida-kb/zhida/vars"
)

// Settings are what a bot adds to the language.
type Settings struct {
	Conditions map[string]string // named conditions: name → expr
	Variables  []vars.Custom     // its own variables
}

// SettingsFault is one thing that is wrong with Settings.
type SettingsFault struct {
	Pointer string // JSON pointer into the settings: /conditions/goldMember, /variables/0/name
	Message diag.Text
	// Start and End are byte offsets into the expr of a condition; both 0 when the
	// fault is not in one place of it.
	Start, End int
}

// Vocabulary is all that an answer may name: the system's words and a bot's own. It
// never changes and may be shared; inside it keeps compiled exprs, so that equal ones are
// compiled once.
type Vocabulary struct {
	customs *vars.Customs
	env     *condition.Env
	named   map[string]bool
	digest  [sha256.Size]byte
	words   words
	exprs   exprCache
	scratch sync.Pool // of *scratch, for compiling
}

// NewVocabulary checks a bot's settings. With faults, all of them, there is no
// Vocabulary: such settings are refused.
func NewVocabulary(s Settings) (*Vocabulary, []SettingsFault) {
	var faults []SettingsFault
	customs, bad := vars.NewCustoms(s.Variables, "/variables")
	for _, f := range bad {
		faults = append(faults, SettingsFault{Pointer: f.Pointer, Message: diag.Text{Zh: f.Zh, En: f.Detail}})
	}
	for i, c := range s.Variables {
		if _, is := findCondition(c.Scope); is {
			faults = append(faults, SettingsFault{Pointer: "/variables/" + strconv.Itoa(i) + "/scope", Message: diag.Text{
				Zh: "作用域不能与条件 " + c.Scope + " 重名：表达式里无法区分", En: "this is the name of a condition, and an expr could not tell them apart"}})
		}
	}
	env, wrong := condition.NewEnv(customs, s.Conditions)
	for _, f := range wrong {
		faults = append(faults, SettingsFault{
			Pointer: "/conditions/" + pointerEscaper.Replace(f.Name), Message: f.Message, Start: f.Start, End: f.End,
		})
	}
	if len(faults) > 0 {
		return nil, faults
	}
	v := &Vocabulary{customs: customs, env: env, named: map[string]bool{}, digest: digestOf(s)}
	for _, name := range env.Names() {
		v.named[name] = true
	}
	v.words = newWords(v)
	return v, nil
}

// pointerEscaper escapes a reference token of a JSON pointer (RFC 6901, section 3).
var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")

// Version is a number that is equal for equal settings and differs for others, in
// every process.
func (v *Vocabulary) Version() uint64 { return binary.LittleEndian.Uint64(v.digest[:]) }

// Customs returns the bot's own variables.
func (v *Vocabulary) Customs() *vars.Customs { return v.customs }

// NamedConditions returns the names of the bot's own conditions, sorted.
func (v *Vocabulary) NamedConditions() []string { return slices.Clone(v.env.Names()) }

// digestOf is a digest of what of the settings has a meaning for programs.
func digestOf(s Settings) [sha256.Size]byte {
	h := sha256.New()
	put := func(texts ...string) {
		for _, t := range texts {
			var n [8]byte
			binary.LittleEndian.PutUint64(n[:], uint64(len(t)))
			h.Write(n[:])
			h.Write([]byte(t))
		}
	}
	names := make([]string, 0, len(s.Conditions))
	for name := range s.Conditions {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		put("condition", name, s.Conditions[name])
	}
	custom := slices.Clone(s.Variables)
	slices.SortFunc(custom, func(a, b vars.Custom) int {
		if c := strings.Compare(a.Scope, b.Scope); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	for _, c := range custom {
		put("variable", c.Scope, c.Name)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// mostExprs is how many compiled exprs a Vocabulary keeps at most.
const mostExprs = 1024

// exprCache keeps compiled exprs. When it is full it starts anew: which exprs are in
// use shows at once, and programs keep theirs.
type exprCache struct {
	mu   sync.Mutex
	kept map[exprKey]*condition.Expr
}

type exprKey struct {
	src   string
	names string // of the data that may be read, joined; empty where the expr reads none
	mode  condition.Mode
	depth int // of brackets
}

// expr returns the compiled expression of src, from the cache where it is.
func (v *Vocabulary) expr(src string, mode condition.Mode, dataNames []string, depth int) (*condition.Expr, *condition.Error) {
	key := exprKey{src: src, mode: mode, depth: depth}
	if len(dataNames) > 0 && strings.Contains(src, dataScope) {
		key.names = strings.Join(dataNames, " ")
	}
	v.exprs.mu.Lock()
	x := v.exprs.kept[key]
	v.exprs.mu.Unlock()
	if x != nil {
		return x, nil
	}
	x, err := v.env.CompileWithin(src, mode, dataNames, depth)
	if err != nil {
		return nil, err
	}
	key.src = strings.Clone(src) // not the whole answer for a piece of it
	v.exprs.mu.Lock()
	defer v.exprs.mu.Unlock()
	if v.exprs.kept == nil || len(v.exprs.kept) >= mostExprs {
		v.exprs.kept = make(map[exprKey]*condition.Expr)
	}
	if first := v.exprs.kept[key]; first != nil {
		return first, nil
	}
	v.exprs.kept[key] = x
	return x, nil
}

// dataScope is the scope of what named data calls yielded.
const dataScope = "data"

// Made reports whether p was compiled with v, or with one of equal settings.
func (v *Vocabulary) Made(p *Program) bool {
	return p.vocabulary == v || p.vocabulary.digest == v.digest
}
