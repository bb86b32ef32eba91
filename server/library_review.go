package server

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/zhida-kb/zhida/server/knowledge"
)

// unsound are published answers of bots of the config file that a publish would refuse by
// now. It is safe for concurrent use.
type unsound struct {
	mu   sync.Mutex
	list map[[2]string]bool // by bot and id
}

func (u *unsound) add(bot, id string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.list == nil {
		u.list = map[[2]string]bool{}
	}
	u.list[[2]string{bot, id}] = true
}

// forget takes out an answer that was published anew, or withdrawn.
func (u *unsound) forget(bot, id string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.list, [2]string{bot, id})
}

func (u *unsound) count() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.list)
}

// review tells of the published answers that the settings of the config file do not fit any
// more. Nobody is asked when that file changes, as PutBot asks, so it is done at each start;
// the answers are served as they are.
func (l *Library) review(ctx context.Context) {
	for _, bot := range slices.Sorted(maps.Keys(l.fixed)) {
		broken, err := l.knowledge.Unsound(ctx, bot)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			l.log.Warn("the published answers of a bot could not be checked (未能检查已发布的答案)", "bot", bot, "error", err)
			continue
		}
		for i := range broken {
			b := &broken[i]
			if live := l.Find(bot).answers.Load().get(b.ID); live == nil || int(live.revision) != b.Revision {
				continue // it was mended meanwhile
			}
			l.unsound.add(bot, b.ID)
			l.log.Warn("a published answer does not fit the bot's settings in the config file (已发布的答案与配置文件中的机器人设置不符)",
				"bot", bot, "answer", b.ID, "revision", b.Revision, "errors", codesOf(b), "failing_examples", len(b.Objections)+b.More)
		}
	}
}

// codesOf names the errors of an answer, each once.
func codesOf(b *knowledge.Broken) string {
	var codes []string
	for _, d := range b.Diagnostics {
		if code := d.Code.String(); !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	return strings.Join(codes, " ")
}
