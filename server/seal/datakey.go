package seal

import (
	"container/list"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
)

// dataKeySize is of AES-256.
const dataKeySize = 32

// DataKey seals what goes away with it, as the texts of one conversation. It is safe for
// concurrent use.
type DataKey struct {
	aead cipher.AEAD
}

// NewDataKey makes a key for an owner of a bot, as a conversation's id, and returns it
// with its sealed form, which is what to store: in one place only.
func (s *Sealer) NewDataKey(bot, owner string) (*DataKey, []byte, error) {
	raw := make([]byte, dataKeySize)
	if _, err := rand.Read(raw); err != nil {
		return nil, nil, err
	}
	sealed, err := s.Seal(raw, bot, DataKeyField(owner))
	if err != nil {
		return nil, nil, err
	}
	k, err := newDataKey(raw)
	if err != nil {
		return nil, nil, err
	}
	s.remember(keyID(sealed, bot, owner), k)
	return k, sealed, nil
}

// DataKeyField is the field that an owner's data key is sealed for.
func DataKeyField(owner string) string { return "data-key:" + owner }

// DataKey opens a stored key. Its error is ErrSealed.
func (s *Sealer) DataKey(sealed []byte, bot, owner string) (*DataKey, error) {
	id := keyID(sealed, bot, owner)
	s.mu.Lock()
	if e, ok := s.opened[id]; ok {
		s.order.MoveToFront(e)
		s.mu.Unlock()
		return entryOf(e).key, nil
	}
	s.mu.Unlock()
	raw, err := s.Open(sealed, bot, DataKeyField(owner))
	if err != nil {
		return nil, err
	}
	k, err := newDataKey(raw)
	if err != nil {
		return nil, err
	}
	s.remember(id, k)
	return k, nil
}

// Forget drops an opened key from the cache. Whoever deletes the stored key calls it.
func (s *Sealer) Forget(sealed []byte, bot, owner string) {
	id := keyID(sealed, bot, owner)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.opened[id]; ok {
		s.order.Remove(e)
		delete(s.opened, id)
	}
}

func (s *Sealer) remember(id [sha256.Size]byte, k *DataKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.opened[id]; ok {
		return
	}
	s.opened[id] = s.order.PushFront(&entry{id, k})
	if s.order.Len() > cachedKeys {
		oldest := s.order.Back()
		s.order.Remove(oldest)
		delete(s.opened, entryOf(oldest).id)
	}
}

func entryOf(e *list.Element) *entry { return e.Value.(*entry) }

func keyID(sealed []byte, bot, owner string) [sha256.Size]byte {
	return sha256.Sum256(append(place(bot, owner), sealed...))
}

func newDataKey(raw []byte) (*DataKey, error) {
	if len(raw) != dataKeySize {
		return nil, fmt.Errorf("%w: a data key of %d bytes", ErrSealed, len(raw))
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &DataKey{gcm}, nil
}

// Seal seals plain for a field, as the id of a message: 28 bytes longer than plain.
func (k *DataKey) Seal(plain []byte, field string) []byte {
	return k.aead.Seal(nil, nil, plain, []byte(field))
}

// Open opens what Seal made for the same field. Its error is ErrSealed.
func (k *DataKey) Open(sealed []byte, field string) ([]byte, error) {
	plain, err := k.aead.Open(nil, nil, sealed, []byte(field))
	if err != nil {
		return nil, fmt.Errorf("%w (%s)", ErrSealed, field)
	}
	return plain, nil
}
