package seal

import (
	"container/list"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// ErrSealed is the error of a value that does not open: sealed under another master key,
// for another place, or damaged.
var ErrSealed = errors.New("seal: the value does not open: it was sealed with another master key, for another place, or is damaged")

// Sealer seals and opens under the master key. It is safe for concurrent use.
type Sealer struct {
	handle *keyset.Handle
	master tink.AEAD
	wrap   Wrapper // of the keyset where it is kept; nil: none

	mu     sync.Mutex
	opened map[[sha256.Size]byte]*list.Element // by sealed key and place
	order  *list.List                          // of *entry, the latest used in front
}

// entry is an opened data key in the cache.
type entry struct {
	id  [sha256.Size]byte
	key *DataKey
}

// cachedKeys is how many opened data keys are remembered, about 1 KiB each.
const cachedKeys = 16384

func newSealer(h *keyset.Handle) (*Sealer, error) {
	master, err := aead.New(h)
	if err != nil {
		return nil, fmt.Errorf("seal: the master keyset cannot seal: %w", err)
	}
	return &Sealer{handle: h, master: master, opened: map[[sha256.Size]byte]*list.Element{}, order: list.New()}, nil
}

// place is the associated data of a value: where it is stored. Lengths make it
// unambiguous.
func place(bot, field string) []byte {
	b := make([]byte, 0, len(bot)+len(field)+8)
	b = binary.BigEndian.AppendUint32(b, uint32(len(bot)))
	b = append(b, bot...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(field)))
	return append(b, field...)
}

// Seal seals plain for a field of a bot; bot is "" for what belongs to none.
func (s *Sealer) Seal(plain []byte, bot, field string) ([]byte, error) {
	return s.master.Encrypt(plain, place(bot, field))
}

// Open opens what Seal made for the same place. Its error is ErrSealed.
func (s *Sealer) Open(sealed []byte, bot, field string) ([]byte, error) {
	plain, err := s.master.Decrypt(sealed, place(bot, field))
	if err != nil {
		return nil, fmt.Errorf("%w (%s)", ErrSealed, field)
	}
	return plain, nil
}
