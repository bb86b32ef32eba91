package store

// Synchronous sets SQLite's synchronous and after how many pages the log is written back.
func (c Config) Synchronous(mode string, checkpoint int) Config {
	c.synchronous, c.checkpoint = mode, checkpoint
	return c
}
