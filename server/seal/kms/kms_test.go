package kms

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/zhida-kb/zhida/server/seal"
)

// vault is enough of Vault's engine transit for a key named zhida. It checks what it is
// sent as Vault would.
func vault(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Plaintext      string `json:"plaintext"`
			Ciphertext     string `json:"ciphertext"`
			AssociatedData string `json:"associated_data"`
		}
		err := json.NewDecoder(r.Body).Decode(&in)
		if r.Header.Get("X-Vault-Token") != "test-token" {
			http.Error(w, `{"errors":["permission denied"]}`, http.StatusForbidden)
			return
		}
		sealed, found := strings.CutPrefix(in.Ciphertext, "vault:v1:"+in.AssociatedData+":")
		out := map[string]string{}
		switch {
		case err != nil:
			http.Error(w, `{"errors":["bad request"]}`, http.StatusBadRequest)
			return
		case r.URL.Path == "/v1/transit/encrypt/zhida":
			out["ciphertext"] = "vault:v1:" + in.AssociatedData + ":" + flip(in.Plaintext)
		case r.URL.Path == "/v1/transit/decrypt/zhida" && found:
			out["plaintext"] = flip(sealed)
		default:
			http.Error(w, `{"errors":["cannot"]}`, http.StatusBadRequest)
			return
		}
		reply(t, w, map[string]any{"data": out})
	}))
	t.Cleanup(s.Close)
	return s
}

// aws is enough of AWS KMS for one key.
func aws(t *testing.T, key string) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			KeyID             string `json:"KeyId"`
			Plaintext         string
			CiphertextBlob    string
			EncryptionContext map[string]string
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.KeyID != key || !strings.Contains(r.Header.Get("Authorization"), "AKIDTEST") {
			http.Error(w, `{"__type":"AccessDeniedException"}`, http.StatusBadRequest)
			return
		}
		place, err := json.Marshal(in.EncryptionContext)
		if err != nil {
			t.Error(err)
		}
		switch r.Header.Get("X-Amz-Target") {
		case "TrentService.Encrypt":
			blob := base64.StdEncoding.EncodeToString([]byte(string(place) + flip(in.Plaintext)))
			reply(t, w, map[string]string{"CiphertextBlob": blob, "KeyId": key})
		case "TrentService.Decrypt":
			blob, err := base64.StdEncoding.DecodeString(in.CiphertextBlob)
			sealed, found := strings.CutPrefix(string(blob), string(place))
			if err != nil || !found {
				http.Error(w, `{"__type":"InvalidCiphertextException"}`, http.StatusBadRequest)
				return
			}
			reply(t, w, map[string]string{"Plaintext": flip(sealed), "KeyId": key})
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func reply(t *testing.T, w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		t.Error(err)
	}
}

// flip is what the fakes take for encryption: base64 back to front.
func flip(s string) string {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}

// keys are the URIs of the fakes, which are running.
func keys(t *testing.T) map[string]string {
	t.Helper()
	v := vault(t)
	t.Setenv("VAULT_ADDR", v.URL)
	t.Setenv("VAULT_TOKEN", "test-token")
	arn := "arn:aws:kms:eu-west-1:123456789012:key/0a1b"
	t.Setenv("AWS_ENDPOINT_URL_KMS", aws(t, arn).URL)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDTEST")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	return map[string]string{
		"vault":        "hcvault://" + strings.TrimPrefix(v.URL, "http://") + "/transit/keys/zhida",
		"vault by env": "hcvault:///transit/keys/zhida",
		"aws":          "aws-kms://" + arn,
	}
}

// TestMasterKey: a master key that a KMS has sealed is read with it only, and a plain one
// is taken only to be wrapped.
func TestMasterKey(t *testing.T) {
	for name, uri := range keys(t) {
		t.Run(name, func(t *testing.T) {
			key, err := Open(context.Background(), uri)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			first, err := seal.Load(seal.Config{Dir: dir, Wrap: key})
			if err != nil {
				t.Fatal(err)
			}
			sealed, err := first.Seal([]byte("x"), "b", "f")
			if err != nil {
				t.Fatal(err)
			}
			again, err := seal.Load(seal.Config{Dir: dir, Wrap: key})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := again.Open(sealed, "b", "f"); err != nil {
				t.Error(err)
			}
			if _, err := seal.Load(seal.Config{Dir: dir}); err == nil {
				t.Error("it opens without the KMS")
			}
			text, err := first.Export()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := seal.Load(seal.Config{Dir: dir, Key: text, Wrap: key}); err != nil {
				t.Errorf("from the environment: %v", err)
			}
			plain := t.TempDir()
			if _, err := seal.Load(seal.Config{Dir: plain}); err != nil {
				t.Fatal(err)
			}
			if _, err := seal.Load(seal.Config{Dir: plain, Wrap: key}); err == nil {
				t.Error("a plain key is taken although a KMS is set")
			}
			rewrapped, err := seal.Load(seal.Config{Dir: plain, Wrap: key, Rewrap: true})
			if err != nil {
				t.Fatal(err)
			}
			if err := rewrapped.Save(plain); err != nil {
				t.Fatal(err)
			}
			if _, err := seal.Load(seal.Config{Dir: plain, Wrap: key}); err != nil {
				t.Errorf("after wrapping: %v", err)
			}
		})
	}
}

// TestPlaces: what was sealed for one place does not open for another.
func TestPlaces(t *testing.T) {
	for name, uri := range keys(t) {
		key, err := Open(context.Background(), uri)
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := key.Encrypt([]byte("x"), []byte("here"))
		if err != nil {
			t.Fatal(name, err)
		}
		if plain, err := key.Decrypt(sealed, []byte("here")); err != nil || string(plain) != "x" {
			t.Errorf("%s: %q, %v", name, plain, err)
		}
		if _, err := key.Decrypt(sealed, []byte("there")); err == nil {
			t.Errorf("%s: it opens elsewhere", name)
		}
	}
}

// TestRefused: URIs that are none, and a KMS that refuses.
func TestRefused(t *testing.T) {
	for _, uri := range []string{"", "file:///x", "hcvault://host:8200/secret/x", "hcvault://user@host/transit/keys/x", "gcp-kms://x", "aws-kms"} {
		if _, err := Open(context.Background(), uri); err == nil {
			t.Errorf("%q is a key", uri)
		}
	}
	uris := keys(t)
	t.Setenv("VAULT_TOKEN", "another")
	key, err := Open(context.Background(), uris["vault"])
	if err != nil {
		t.Fatal(err)
	}
	_, err = seal.Load(seal.Config{Dir: t.TempDir(), Wrap: key})
	if err == nil || !strings.Contains(err.Error(), "permission denied") || errors.Is(err, seal.ErrSealed) {
		t.Errorf("a token that is not right: %v", err)
	}
}
