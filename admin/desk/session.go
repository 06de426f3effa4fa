package desk

import (
	"github.com/alexedwards/scs/v2"

	"postdesk/core"
)

// SessionOf tells who is signed in by a session, from its contents as they are stored; 0 = nobody.
func SessionOf(data []byte) core.PersonID {
	_, values, err := scs.GobCodec{}.Decode(data)
	if err != nil {
		return 0
	}
	id, _ := values[keyPerson].(int64)
	return core.PersonID(id)
}
