package vars

// RefKind says what a reference reads.
type RefKind uint8

// The kinds of references.
const (
	Fact RefKind = iota // a value of the context: Facts.Text(Slot)
	Date                // systemInfo.dateutcZ: Facts.AppendZoned
	Time                // systemInfo.timeutcZ: Facts.AppendZoned
)

// Ref is a resolved system variable.
type Ref struct {
	Slot Slot
	Kind RefKind
	Zone int16 // minutes east of UTC, for Date and Time
}

// Problem says why a name is no system variable.
type Problem uint8

// The problems.
const (
	OK           Problem = iota
	UnknownScope         // the system has no such scope
	UnknownName          // the scope has no such name
	UnknownZone          // dateutc or timeutc with a zone that does not exist
)

// Resolve finds the system variable of that scope and name. Names are
// case-sensitive. The Ref counts only with OK.
func Resolve(scope, name string) (Ref, Problem) {
	i := findScope(scope)
	if i < 0 {
		return Ref{}, UnknownScope
	}
	for s := scopes[i].from; s < scopes[i].to; s++ {
		row := &rows[s]
		if !row.Zoned {
			if row.Name == name {
				return Ref{Slot: s}, OK
			}
			continue
		}
		if len(name) < len(row.Name) || name[:len(row.Name)] != row.Name {
			continue
		}
		zone, ok := ParseZone(name[len(row.Name):])
		if !ok {
			return Ref{}, UnknownZone
		}
		kind := Date
		if s == TimeUTC {
			kind = Time
		}
		return Ref{Slot: s, Kind: kind, Zone: int16(zone)}, OK
	}
	return Ref{}, UnknownName
}

// The offsets that exist, in minutes east of UTC.
const (
	minZone = -12 * 60
	maxZone = 14 * 60
)

// ParseZone reads the zone suffix of dateutc and timeutc: the UTC offset with its
// minus sign and every punctuation mark written as _. The form is an optional _ (the
// minus), one or two digits (hours), and optionally _ with 00, 30 or 45 (minutes) or
// 0, 5, 50 or 75 (decimals of an hour). The empty suffix is UTC. ok is false for
// anything else and for offsets outside -12:00 … +14:00.
func ParseZone(suffix string) (minutes int, ok bool) {
	if suffix == "" {
		return 0, true
	}
	sign := 1
	if suffix[0] == '_' {
		sign = -1
		suffix = suffix[1:]
	}
	n := 0
	for n < len(suffix) && suffix[n]-'0' <= 9 {
		if n == 2 {
			return 0, false
		}
		minutes = minutes*10 + int(suffix[n]-'0')
		n++
	}
	if n == 0 {
		return 0, false
	}
	minutes *= 60
	switch suffix[n:] {
	case "", "_00", "_0":
	case "_30", "_5", "_50":
		minutes += 30
	case "_45", "_75":
		minutes += 45
	default:
		return 0, false
	}
	minutes *= sign
	return minutes, minutes >= minZone && minutes <= maxZone
}
