// Command use works with a server through the generated client and nothing else.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/zhida-kb/zhida/server/clienttest/testdata/client"
)

func main() {
	if err := use(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("done")
}

// use renders, checks, makes a key, works with it, meets problems, and revokes the key.
func use(ctx context.Context, server string) error {
	c, err := client.NewClientWithResponses(server)
	if err != nil {
		return err
	}
	answer := "您好,${userInfo.visitorName}"
	facts := map[string]map[string]any{"userInfo": {"visitorName": "李先生"}}
	rendered, err := c.RenderWithResponse(ctx, "demo", client.RenderJSONRequestBody{Answer: &answer, Context: &facts})
	if err != nil {
		return err
	}
	if rendered.JSON200 == nil || *rendered.JSON200.Content != "您好,李先生" {
		return fmt.Errorf("render: %s", rendered.Body)
	}
	checked, err := c.CheckWithResponse(ctx, "demo", client.CheckJSONRequestBody{Answer: "{{#staffOnlin:x}}"})
	if err != nil {
		return err
	}
	if checked.JSON200 == nil || len(checked.JSON200.Diagnostics) == 0 || checked.JSON200.Diagnostics[0].Fix == nil {
		return fmt.Errorf("check: %s", checked.Body)
	}
	return useKeys(ctx, c, server)
}

func useKeys(ctx context.Context, c *client.ClientWithResponses, server string) error {
	once := "use-1"
	var made *client.KeyMade
	for range 2 {
		reply, err := c.CreateKeyWithResponse(ctx, &client.CreateKeyParams{IdempotencyKey: &once}, client.KeyInput{Name: "client", Scope: "render"})
		if err != nil {
			return err
		}
		if reply.JSON201 == nil || made != nil && made.Id != reply.JSON201.Id {
			return fmt.Errorf("create: %s", reply.Body)
		}
		made = reply.JSON201
	}
	limit := 1
	keys, err := c.ListKeysWithResponse(ctx, &client.ListKeysParams{Limit: &limit})
	if err != nil {
		return err
	}
	if keys.JSON200 == nil || len(keys.JSON200.Items) != 1 || keys.JSON200.NextCursor == nil {
		return fmt.Errorf("list: %s", keys.Body)
	}
	mine, err := client.NewClientWithResponses(server, client.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+made.Key)
		return nil
	}))
	if err != nil {
		return err
	}
	refused, err := mine.ListKeysWithResponse(ctx, nil)
	if err != nil {
		return err
	}
	if refused.ApplicationproblemJSON403 == nil || refused.ApplicationproblemJSON403.Detail == "" {
		return fmt.Errorf("a problem: %d %s", refused.StatusCode(), refused.Body)
	}
	words, err := mine.LanguageWithResponse(ctx, &client.LanguageParams{})
	if err != nil {
		return err
	}
	if words.JSON200 == nil || len(words.JSON200.Variables) == 0 {
		return fmt.Errorf("language: %s", words.Body)
	}
	gone, err := c.RevokeKeyWithResponse(ctx, made.Id)
	if err != nil {
		return err
	}
	if gone.StatusCode() != http.StatusNoContent {
		return fmt.Errorf("revoke: %s", gone.Body)
	}
	audit, err := c.AuditWithResponse(ctx, nil)
	if err != nil {
		return err
	}
	if audit.JSON200 == nil || len(audit.JSON200.Items) < 2 || audit.JSON200.Items[0].Action != "revokeKey" {
		return fmt.Errorf("audit: %s", audit.Body)
	}
	return nil
}
