// Package kms opens the key management systems that can seal a master key: the key that
// does so never leaves them. It is asked when the process starts and when the master key
// changes, not for each secret.
//
//	hcvault://vault.example.com:8200/transit/keys/zhida    HashiCorp Vault or OpenBao, engine transit
//	aws-kms://arn:aws:kms:eu-west-1:123456789012:key/…     AWS KMS
//
// Vault's token, CA and namespace come from its usual variables (VAULT_TOKEN,
// VAULT_CACERT, VAULT_NAMESPACE; VAULT_ADDR when the URI names no host); AWS credentials
// from theirs, from a profile or from the machine's role.
package kms

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/vault/api"
	"github.com/tink-crypto/tink-go-awskms/v3/integration/awskms"
	"github.com/tink-crypto/tink-go-hcvault/v2/integration/hcvault"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Key is a key in a KMS.
type Key struct {
	remote tink.AEADWithContext
}

// patience is how long a KMS may take to answer.
const patience = 20 * time.Second

// Open finds the key of a URI. Whether it is there shows when it is used.
func Open(ctx context.Context, uri string) (*Key, error) {
	scheme, rest, ok := strings.Cut(uri, "://")
	switch {
	case ok && scheme == "hcvault":
		return openVault(uri)
	case ok && scheme == "aws-kms":
		remote, err := awskms.NewAEADWithContext(ctx, rest)
		if err != nil {
			return nil, fmt.Errorf("kms: %w", err)
		}
		return &Key{remote}, nil
	}
	return nil, errors.New("kms: --master-key-uri begins with hcvault:// or aws-kms:// (应以 hcvault:// 或 aws-kms:// 开头)")
}

// openVault finds a key of the engine transit.
func openVault(uri string) (*Key, error) {
	u, err := url.Parse(uri)
	if err != nil || u.User != nil || u.RawQuery != "" || !strings.Contains(u.Path, "/keys/") {
		return nil, errors.New("kms: a key of Vault is written hcvault://host:8200/transit/keys/name")
	}
	config := api.DefaultConfig()
	if config.Error != nil {
		return nil, fmt.Errorf("kms: %w", config.Error)
	}
	// A development server is reached over http: VAULT_ADDR says so for the host it names.
	if given, err := url.Parse(config.Address); u.Host != "" && (err != nil || given.Host != u.Host) {
		config.Address = "https://" + u.Host
	}
	config.Timeout = patience
	client, err := api.NewClient(config)
	if err != nil {
		return nil, fmt.Errorf("kms: %w", err)
	}
	remote, err := hcvault.NewAEAD(u.Path, client.Logical())
	if err != nil {
		return nil, fmt.Errorf("kms: %w", err)
	}
	return &Key{blind{remote}}, nil
}

// blind is a key whose client takes no context.
type blind struct{ tink.AEAD }

func (b blind) EncryptWithContext(_ context.Context, plain, place []byte) ([]byte, error) {
	return b.Encrypt(plain, place)
}

func (b blind) DecryptWithContext(_ context.Context, sealed, place []byte) ([]byte, error) {
	return b.Decrypt(sealed, place)
}

// Encrypt seals plain for a place.
func (k *Key) Encrypt(plain, place []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return k.remote.EncryptWithContext(ctx, plain, place)
}

// Decrypt opens what Encrypt sealed for the same place.
func (k *Key) Decrypt(sealed, place []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return k.remote.DecryptWithContext(ctx, sealed, place)
}
