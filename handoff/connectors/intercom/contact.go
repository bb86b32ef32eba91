package intercom

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/zhida-kb/zhida/handoff"
)

// contact is a contact of Intercom's.
type contact struct {
	ID       id     `json:"id"`
	Role     string `json:"role"`
	External string `json:"external_id"`
}

// newContact is the body of a create or update.
type newContact struct {
	Role     string `json:"role,omitempty"`
	External string `json:"external_id,omitempty"`
	Email    string `json:"email,omitempty"`
	Name     string `json:"name,omitempty"`
	Phone    string `json:"phone,omitempty"`
}

// externalID is by which a contact is ours.
func externalID(v handoff.Visitor) string {
	if v.ID != "" {
		return v.ID
	}
	return "zhida-" + v.Anonymous
}

// ensure gives the visitor's contact, made where there is none. fresh says that it was
// made just now, so that Intercom may not know it everywhere yet.
func (k *Connector) ensure(ctx context.Context, a *handoff.Account, v handoff.Visitor) (found contact, fresh bool, err error) {
	want := newContact{Role: "user", External: externalID(v), Email: v.Email, Name: v.Name, Phone: v.Phone}
	// A second turn without what another contact has; a third after an unarchive.
	for range 3 {
		var made contact
		err = k.do(ctx, a, http.MethodPost, "/contacts", want, &made)
		if err == nil {
			return role(made), true, nil
		}
		if status(err) == http.StatusConflict {
			found, ours, conflict := k.conflict(ctx, a, want, err)
			if conflict != nil {
				return contact{}, false, conflict
			}
			if ours {
				return found, false, k.update(ctx, a, found, want)
			}
			if want.Email == "" && want.Phone == "" {
				return contact{}, false, err
			}
		} else if want.Phone == "" || status(err) != http.StatusBadRequest && status(err) != http.StatusUnprocessableEntity {
			return contact{}, false, err
		}
		if want.Phone == "" {
			want.Email = ""
		}
		want.Phone = "" // a phone that Intercom does not take is no reason to refuse the visitor
	}
	return contact{}, false, err
}

// existing is how a conflict names the contact that is there.
var existing = regexp.MustCompile(`id=([0-9A-Za-z-]{1,64})\s*$`)

// conflict finds out what a 409 is about: ours is true for the contact with our
// external_id, false where another one has the address.
func (k *Connector) conflict(ctx context.Context, a *handoff.Account, want newContact, refusal error) (found contact, ours bool, err error) {
	var f *failure
	if !errors.As(refusal, &f) {
		return contact{}, false, refusal
	}
	match := existing.FindStringSubmatch(strings.TrimRight(f.message, ". "))
	if match == nil {
		return k.byExternalID(ctx, a, want.External)
	}
	path := "/contacts/" + url.PathEscape(match[1])
	if strings.Contains(strings.ToLower(f.message), "archived") {
		if err := k.do(ctx, a, http.MethodPost, path+"/unarchive", nil, nil); err != nil {
			return contact{}, false, err
		}
	}
	err = k.do(ctx, a, http.MethodGet, path, nil, &found)
	if status(err) == http.StatusNotFound || status(err) == http.StatusGone {
		return k.byExternalID(ctx, a, want.External)
	}
	return role(found), found.External == want.External, err
}

// byExternalID finds the contact that is ours; a merged one by its survivor.
func (k *Connector) byExternalID(ctx context.Context, a *handoff.Account, external string) (found contact, ours bool, err error) {
	err = k.do(ctx, a, http.MethodGet, "/contacts/find_by_external_id/"+url.PathEscape(external), nil, &found)
	switch status(err) {
	case http.StatusNotFound:
		return contact{}, false, nil
	case http.StatusGone:
		if survivor := survivor(err); survivor != "" {
			return contact{ID: survivor, Role: "user"}, true, nil
		}
	}
	return role(found), err == nil, err
}

// linked is the last part of the address in a Link header.
var linked = regexp.MustCompile(`<[^<>]*/contacts/([0-9A-Za-z-]{1,64})/?>`)

// survivor is the contact that a merged one has become, by the 410 that tells so; empty: no
// such error.
func survivor(err error) id {
	var f *failure
	if !errors.As(err, &f) || f.Status != http.StatusGone {
		return ""
	}
	if match := linked.FindStringSubmatch(f.header.Get("Link")); match != nil {
		return id(match[1])
	}
	return ""
}

// update brings name and address of a contact that is there up to date. A refusal, as of
// an address that another contact has, is no reason to refuse the visitor.
func (k *Connector) update(ctx context.Context, a *handoff.Account, c contact, want newContact) error {
	if want.Name == "" && want.Email == "" {
		return nil
	}
	change := newContact{Name: want.Name, Email: want.Email}
	err := k.do(ctx, a, http.MethodPut, "/contacts/"+url.PathEscape(string(c.ID)), change, nil)
	var e *handoff.CallError
	if errors.As(err, &e) && e.Kind == handoff.Refused {
		return nil
	}
	return err
}

func role(c contact) contact {
	if c.Role == "" {
		c.Role = "user"
	}
	return c
}
