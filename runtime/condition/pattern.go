package condition

import (
	"errors"
	"regexp"
	"regexp/syntax"

	"github.com/zhida-kb/zhida/parser/diag"
)

// The limits of a regular expression, in bytes of its text and instructions of its
// program. RE2 takes time for each byte of the text times each instruction.
const (
	maxPattern      = 1000
	maxInstructions = 2000
)

// pattern is a regular expression and its size, by which its use is charged.
type pattern struct {
	re     *regexp.Regexp
	size   int // instructions
	memory int // bytes, about
}

// memoryOf returns about how many bytes a compiled expression takes. The numbers were
// measured (TestCost): package regexp does not tell. A program that is anchored at its
// beginning is mostly kept in a second form as well, which is the bigger one.
func memoryOf(prog *syntax.Prog) int {
	const base, perInst, perRune, onePassInst, onePassRune, onePassAlt = 440, 40, 4, 64, 12, 180
	runes, alts := 0, 0
	for i := range prog.Inst {
		runes += cap(prog.Inst[i].Rune)
		if op := prog.Inst[i].Op; op == syntax.InstAlt || op == syntax.InstAltMatch {
			alts++
		}
	}
	n := base + cap(prog.Inst)*perInst + runes*perRune
	if start := prog.Inst[prog.Start]; start.Op == syntax.InstEmptyWidth && syntax.EmptyOp(start.Arg)&syntax.EmptyBeginText != 0 {
		n += len(prog.Inst)*onePassInst + runes*onePassRune + alts*onePassAlt
	}
	return n
}

// newPattern compiles a regular expression within the limits; problem says why it
// is none.
func newPattern(text string) (p pattern, problem *diag.Text) {
	if len(text) > maxPattern {
		return pattern{}, &tooBig
	}
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return pattern{}, patternProblem(err)
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return pattern{}, patternProblem(err)
	}
	if len(prog.Inst) > maxInstructions {
		return pattern{}, &tooBig
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return pattern{}, patternProblem(err)
	}
	return pattern{re, len(prog.Inst), memoryOf(prog)}, nil
}

var tooBig = diag.Text{Zh: "太大", En: "it is too big"}

// patternProblems says in our words what package syntax finds wrong.
var patternProblems = map[syntax.ErrorCode]diag.Text{
	syntax.ErrInvalidCharClass:      {Zh: "[ ] 里的写法不对", En: "what stands in [ ] is not valid"},
	syntax.ErrInvalidCharRange:      {Zh: "[ ] 里的范围不对", En: "a range in [ ] is not valid"},
	syntax.ErrInvalidEscape:         {Zh: "反斜杠 \\ 的用法不对", En: "a backslash begins no known escape"},
	syntax.ErrInvalidNamedCapture:   {Zh: "分组的名称不对", En: "the name of a group is not valid"},
	syntax.ErrInvalidPerlOp:         {Zh: "不支持 (? 开头的这种写法", En: "this form of (? is not supported"},
	syntax.ErrInvalidRepeatOp:       {Zh: "重复符号不能连着写", En: "a repetition of a repetition is not valid"},
	syntax.ErrInvalidRepeatSize:     {Zh: "重复次数不对", En: "a number of repetitions is not valid"},
	syntax.ErrInvalidUTF8:           {Zh: "含有不是 UTF-8 的字节", En: "it is not UTF-8"},
	syntax.ErrMissingBracket:        {Zh: "缺少 ]", En: "a ] is missing"},
	syntax.ErrMissingParen:          {Zh: "缺少 )", En: "a ) is missing"},
	syntax.ErrMissingRepeatArgument: {Zh: "重复符号前面没有内容", En: "there is nothing to repeat"},
	syntax.ErrTrailingBackslash:     {Zh: "不能以反斜杠 \\ 结尾", En: "it ends in a backslash"},
	syntax.ErrUnexpectedParen:       {Zh: "多了一个 )", En: "there is a ) too many"},
}

func patternProblem(err error) *diag.Text {
	var e *syntax.Error
	if errors.As(err, &e) {
		if problem, ok := patternProblems[e.Code]; ok {
			return &problem
		}
	}
	return &tooBig // what is left: ErrLarge and ErrNestingDepth
}
