package seal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// MasterFile is the name of the master key's file in the data dir.
const MasterFile = "master.key"

// Config says where the master key comes from.
type Config struct {
	// Dir is the data dir. The key is in its file master.key, which is made when it does
	// not exist, readable by its owner only.
	Dir string
	// Key is the master key itself, as Export gives it: from the environment. It comes
	// before the file, which is then neither read nor made.
	Key string
	// Wrap seals the master key itself, as a KMS does: the file and Key then hold what it
	// has sealed. It is asked once at start. nil: they hold the key.
	Wrap Wrapper
	// Rewrap takes a key that is not wrapped yet although Wrap is given: Save wraps it.
	Rewrap bool
}

// Wrapper seals a master key with a key that never leaves its place, as a KMS.
type Wrapper interface {
	Encrypt(plain, place []byte) ([]byte, error)
	Decrypt(sealed, place []byte) ([]byte, error)
}

// A wrapped key is marked in front; wrapPlace is authenticated with it.
const (
	wrappedMark = "kms:"
	wrapPlace   = "zhida master key"
)

// Load reads the master key, or makes it at the first start.
func Load(cfg Config) (*Sealer, error) {
	if cfg.Key != "" {
		s, err := cfg.parse(cfg.Key)
		if err != nil {
			return nil, fmt.Errorf("ZHIDA_MASTER_KEY: %w", err)
		}
		return s, nil
	}
	path := filepath.Join(cfg.Dir, MasterFile)
	b, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return create(cfg, path)
	case err != nil:
		return nil, err
	}
	s, err := cfg.parse(string(b))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// parse reads a key as it is kept.
func (cfg Config) parse(text string) (*Sealer, error) {
	sealed, wrapped := strings.CutPrefix(strings.TrimSpace(text), wrappedMark)
	switch {
	case wrapped && cfg.Wrap == nil:
		return nil, errors.New("seal: this master key is sealed by a KMS: set --master-key-uri (主密钥由 KMS 加密，请设置 --master-key-uri)")
	case !wrapped && cfg.Wrap != nil && !cfg.Rewrap:
		return nil, errors.New("seal: this master key is not sealed by the KMS: run zhida admin rotate-master-key with --master-key-uri " +
			"(主密钥尚未由 KMS 加密，请带 --master-key-uri 运行 zhida admin rotate-master-key)")
	case wrapped:
		b, err := base64.StdEncoding.DecodeString(sealed)
		if err != nil {
			return nil, errors.New("seal: the master key is not whole (主密钥不完整)")
		}
		plain, err := cfg.Wrap.Decrypt(b, []byte(wrapPlace))
		if err != nil {
			return nil, fmt.Errorf("seal: the KMS does not open the master key (KMS 无法解开主密钥): %w", err)
		}
		text = string(plain)
	}
	s, err := Parse(text)
	if err != nil {
		return nil, err
	}
	s.wrap = cfg.Wrap
	return s, nil
}

// create makes a key and its file. Of two processes that start together one makes it,
// and the other reads it.
func create(cfg Config, path string) (*Sealer, error) {
	dir := cfg.Dir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	s, err := Generate()
	if err != nil {
		return nil, err
	}
	s.wrap = cfg.Wrap
	temp, err := writeTemp(dir, s)
	if err != nil {
		return nil, err
	}
	defer os.Remove(temp) //nolint:errcheck // the key has its real name by then, or the error is told
	err = os.Link(temp, path)
	if errors.Is(err, fs.ErrExist) {
		return Load(cfg)
	}
	if err != nil {
		return nil, err
	}
	return s, syncDir(dir)
}

// Save writes the keyset to the data dir's file, in place of what was there: after a
// crash it is the old one or the new one.
func (s *Sealer) Save(dir string) error {
	temp, err := writeTemp(dir, s)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, filepath.Join(dir, MasterFile)); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return syncDir(dir)
}

// writeTemp writes the keyset to a new file beside its place, and to the disk.
func writeTemp(dir string, s *Sealer) (string, error) {
	text, err := s.Export()
	if err != nil {
		return "", err
	}
	f, err := os.CreateTemp(dir, MasterFile+".*") // 0600
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(text + "\n")
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Generate makes a Sealer with a new master key.
func Generate() (*Sealer, error) {
	h, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, err
	}
	return newSealer(h)
}

// Parse reads a master key as Export writes it: a Tink keyset as JSON, or that in base64.
func Parse(text string) (*Sealer, error) {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "{") {
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, errors.New("seal: a master key is a Tink keyset in JSON, or that in base64; this is neither " +
				"(主密钥应为 Tink keyset 的 JSON 或其 base64)")
		}
		text = string(b)
	}
	h, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(strings.NewReader(text)))
	if err != nil {
		return nil, errors.New("seal: the master key is not a whole Tink keyset (主密钥不完整或已损坏)")
	}
	return newSealer(h)
}

// Export gives the master keyset as one line of text, wrapped when it is to be; else it is
// the secret itself.
func (s *Sealer) Export() (string, error) {
	var b bytes.Buffer
	if err := insecurecleartextkeyset.Write(s.handle, keyset.NewJSONWriter(&b)); err != nil {
		return "", err
	}
	if s.wrap == nil {
		return base64.StdEncoding.EncodeToString(b.Bytes()), nil
	}
	sealed, err := s.wrap.Encrypt(b.Bytes(), []byte(wrapPlace))
	if err != nil {
		return "", fmt.Errorf("seal: the KMS does not seal the master key (KMS 无法加密主密钥): %w", err)
	}
	return wrappedMark + base64.StdEncoding.EncodeToString(sealed), nil
}

// Rotated returns a Sealer that seals with a new key and opens with this one's too.
func (s *Sealer) Rotated() (*Sealer, error) {
	m := keyset.NewManagerFromHandle(s.handle)
	id, err := m.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, err
	}
	if err := m.SetPrimary(id); err != nil {
		return nil, err
	}
	h, err := m.Handle()
	if err != nil {
		return nil, err
	}
	return s.with(h)
}

// Sole returns a Sealer with the primary key alone: what older keys sealed does not open.
func (s *Sealer) Sole() (*Sealer, error) {
	primary, err := s.handle.Primary()
	if err != nil {
		return nil, err
	}
	m := keyset.NewManagerFromHandle(s.handle)
	for i := range s.handle.Len() {
		e, err := s.handle.Entry(i)
		if err != nil {
			return nil, err
		}
		if e.KeyID() == primary.KeyID() {
			continue
		}
		if err := m.Delete(e.KeyID()); err != nil {
			return nil, err
		}
	}
	h, err := m.Handle()
	if err != nil {
		return nil, err
	}
	return s.with(h)
}

// with is a Sealer of other keys that is kept in the same way.
func (s *Sealer) with(h *keyset.Handle) (*Sealer, error) {
	to, err := newSealer(h)
	if err == nil {
		to.wrap = s.wrap
	}
	return to, err
}

// Keys is how many keys the keyset has: more than one while a rotation is under way.
func (s *Sealer) Keys() int { return s.handle.Len() }
