package server

import "github.com/zhida-kb/zhida/server/knowledge"

// serveBots answers GET /v1/bots.
func serveBots(s *Server, x *exchange) *Problem {
	pg := x.readPage(1)
	if p := x.faulty(); p != nil {
		return p
	}
	k, p := x.knowledge()
	if p != nil {
		return p
	}
	shown := listOf[botShown]{}
	if bound := x.key.Bot; bound != "" {
		b, err := k.Bot(x.base, bound)
		if err == nil {
			shown.Items = append(shown.Items, showBot(b))
		} else if p := x.fail(err); p.Code != UnknownBot {
			return p
		}
		x.sendJSON(200, shown)
		return nil
	}
	after := ""
	if pg.After != nil {
		after = pg.After[0]
	}
	list, more, err := k.Bots(x.base, after, pg.Limit)
	if err != nil {
		return x.fail(err)
	}
	for _, b := range list {
		shown.Items = append(shown.Items, showBot(b))
	}
	if more {
		shown.NextCursor = x.cursor(list[len(list)-1].ID)
	}
	x.sendJSON(200, shown)
	return nil
}

// serveBot answers GET /v1/bots/{bot}.
func serveBot(_ *Server, x *exchange) *Problem {
	k, p := x.knowledge()
	if p != nil {
		return p
	}
	b, err := k.Bot(x.base, x.paramText("bot"))
	if err != nil {
		return x.fail(err)
	}
	if x.unchanged(max(b.Version, 1)) {
		return nil
	}
	x.sendJSON(200, showBot(b))
	return nil
}

// servePutBot answers PUT /v1/bots/{bot}.
func servePutBot(_ *Server, x *exchange) *Problem {
	var in botInput
	if p := x.decode(&in); p != nil {
		return p
	}
	w := in.write(x.paramText("bot"))
	w.Force = x.queryChoice("force", "true", "false") == "true"
	if p := x.faulty(); p != nil {
		return p
	}
	k, match, p := x.editing()
	if p != nil {
		return p
	}
	w.If = match
	b, created, broken, err := k.PutBot(x.base, w)
	if err != nil {
		return x.refused(err)
	}
	x.written()
	x.setETag(b.Version)
	x.sendJSON(createdStatus(created), botSaved{showBot(b), showBroken(broken)})
	return nil
}

// createdStatus is 201 where something was made, else 200.
func createdStatus(created bool) int {
	if created {
		return 201
	}
	return 200
}

// serveDeleteBot answers DELETE /v1/bots/{bot}.
func serveDeleteBot(_ *Server, x *exchange) *Problem {
	return x.remove(func(k *knowledge.Service, match knowledge.Precondition) error {
		err := k.DeleteBot(x.base, x.paramText("bot"), match)
		if err == nil {
			x.s.rooms.Library.cfg.DB.Scrub(x.base)
		}
		return err
	})
}

// serveArchive answers DELETE /v1/bots/{bot}/answers/{id}.
func serveArchive(_ *Server, x *exchange) *Problem {
	return x.remove(func(k *knowledge.Service, match knowledge.Precondition) error {
		return k.Archive(x.base, x.paramText("bot"), x.paramText("id"), match)
	})
}

// remove serves a DELETE.
func (x *exchange) remove(f func(*knowledge.Service, knowledge.Precondition) error) *Problem {
	k, match, p := x.editing()
	if p != nil {
		return p
	}
	if err := f(k, match); err != nil {
		return x.refused(err)
	}
	x.written()
	x.sendNothing()
	return nil
}
