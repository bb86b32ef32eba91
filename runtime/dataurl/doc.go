// Package dataurl builds the URL of a data expression from the author's text
// and the visitor's values, so that the shape of the URL is always the author's.
//
// An answer may hold ((#queryData:https://crm.example.com/u/${userInfo.vipId}?n=${userInfo.visitorName})).
// The text was written by an editor, the values come from a visitor and are
// hostile. [Parse] looks at the text once, when the answer is compiled, and
// makes a [Template]; [Template.Append] puts values into it at render time.
// Nothing here does I/O; the request itself is made by runtime/query.
//
// # The author's text
//
//   - White space around the URL is dropped (Unicode white space, so U+00A0 and
//     U+3000 too), and so is a fragment, with the values in it.
//   - Everything before the path is constant: scheme, host and port hold no value.
//   - Only http and https, in any letter case. No user info.
//   - The host is canonical: a name of letters, digits, "-" and "_" in labels
//     of 1 to 63 bytes, or a dotted decimal IPv4 address, or an IPv6 address in
//     brackets without a zone. What a browser would read as a number in disguise
//     (0x7f.1, 127.1, 2130706433, 0177.0.0.1, full-width digits) is no host, nor
//     is a name that ends in a dot. An international name becomes its A-label
//     form (UTS 46, non-transitional; RFC 5891).
//   - The port, where there is one, is 1 to 65535 without leading zeros.
//   - In path and query every byte that RFC 3986 does not allow there is
//     percent-encoded, a lone "%" becomes "%25", "%XX" stays as it is. Nothing
//     is normalised: "..", "//" and lower-case hex of the author stay.
//
// # Values
//
// A value may stand in the path and in the query, and every byte of it that is
// not unreserved (RFC 3986, section 2.3) is percent-encoded. So it can add no
// "/", "?", "&", "=", "#" or "%". What is left to it is refused when the URL is
// built, because only then is the value known:
//
//   - a path segment with a value in it that reads "." or ".." (together with
//     the author's text, "%2e" included, and also before a literal ";", where some servers
//     cut a segment): its dot segment would move the path;
//   - a parameter name with a value in it that reads nonce, timestamp or
//     signature, which belong to the signature.
//
// An empty value leaves an empty segment or an empty parameter value behind:
// the number of "/" is the author's.
//
// # Reserved parameters
//
// The names nonce, timestamp and signature are compared as a server would read
// them: the query is cut at "&" and also at ";" (some servers take it for a
// separator), the name ends at "=", "+" and "%XX" are decoded, ASCII white space
// and control characters around the name are dropped. Case counts.
//
// # Refused templates
//
// A URL with an error is still a data expression (language.md): its Template
// exists, says so through [Template.Refused], and no call may be made for it.
// Append gives its text for the list of calls, with ok = false.
package dataurl
