package knowledge

import "context"

// Exported is an answer as it is exported and imported again.
type Exported struct {
	ID        string
	Content            // of the draft
	Revision  int      // of the draft; not read by an import
	Published *Content // what visitors see; the draft itself where IsDraft
	IsDraft   bool     // the draft is what visitors see
	Live      int      // number of the published revision; not read by an import
	Archived  bool     // not read by an import
	Cases     []Case   // its saved examples
	WithCases bool     // an import replaces the examples by Cases; else it leaves them
}

// Export lists a bot's answers with all that an import needs, in the order of their ids.
func (s *Service) Export(ctx context.Context, bot, after string, limit int) ([]Exported, error) {
	return read(ctx, s, func(tx Tx) ([]Exported, error) {
		if _, err := s.bot(tx, bot); err != nil {
			return nil, err
		}
		list, err := tx.Export(bot, after, limit)
		if err != nil {
			return nil, err
		}
		ids := make([]string, len(list))
		for i := range list {
			ids[i] = list[i].ID
		}
		cases, err := tx.CasesOf(bot, ids)
		for i := range list {
			list[i].Cases = cases[list[i].ID]
			list[i].WithCases = len(list[i].Cases) > 0
		}
		return list, err
	})
}

// PublishedQuestions lists what a bot's published answers are found by, in the order of
// their ids.
func (s *Service) PublishedQuestions(ctx context.Context, bot, after string, limit int) ([]PublishedQuestions, error) {
	return read(ctx, s, func(tx Tx) ([]PublishedQuestions, error) { return tx.PublishedQuestions(bot, after, limit) })
}

// Published lists a bot's published answers in the order of their ids.
func (s *Service) Published(ctx context.Context, bot, after string, limit int) ([]Published, error) {
	return read(ctx, s, func(tx Tx) ([]Published, error) { return tx.Published(bot, after, limit) })
}
