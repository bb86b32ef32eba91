package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/zhida-kb/zhida/guard/outbound"
	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors"
	"github.com/zhida-kb/zhida/server"
	"github.com/zhida-kb/zhida/server/store"
)

// human is the human service with the client of its connectors.
type human struct {
	client  *outbound.Client
	service *handoff.Service
	stop    context.CancelFunc
	run     sync.WaitGroup
}

// openHuman makes the human service over the store and lets it run.
func (s *serveCommand) openHuman(db *store.DB, books *server.Library, metrics *server.Metrics, dev bool, log *slog.Logger) (*human, error) {
	client, err := outbound.New(outbound.Config{AllowPrivate: dev || or(s.AllowPrivateConnectors, false)})
	if err != nil {
		return nil, err
	}
	h := &human{client: client}
	kept, err := store.NewHandoff(context.Background(), db, store.HandoffConfig{})
	if err != nil {
		return nil, errors.Join(err, h.close())
	}
	all := connectors.All(connectors.Config{Client: client, Log: log})
	h.service, err = handoff.New(handoff.Config{
		Store: kept, Bots: server.HandoffBots(books), Log: log, Observer: metrics.Human(all...), Connectors: all,
	})
	if err != nil {
		return nil, errors.Join(err, h.close())
	}
	ctx, stop := context.WithCancel(context.Background())
	h.stop = stop
	h.run.Go(func() { h.service.Run(ctx) })
	return h, nil
}

// close lets calls that are under way be finished, and then lets go of all.
func (h *human) close() error {
	if h == nil {
		return nil
	}
	if h.stop != nil {
		h.stop()
		h.run.Wait()
	}
	if h.service != nil {
		h.service.Close()
	}
	h.client.Close()
	return nil
}
