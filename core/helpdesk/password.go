package helpdesk

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// argon2id with 19 MiB, two passes, one lane: about 50 ms. At most hashers of them run at once, so that many sign-ins
// cannot eat the memory.
const (
	argonMemory = 19 << 10 // KiB
	argonTime   = 2
	argonLanes  = 1
	argonKey    = 32
)

var hashers = make(chan struct{}, 2)

// HashPassword makes the stored form of a password, in the usual notation: $argon2id$v=19$m=…,t=…,p=…$salt$key.
func HashPassword(ctx context.Context, password string) (string, error) {
	salt := make([]byte, 16)
	rand.Read(salt)
	key, err := argon(ctx, password, salt, argonTime, argonMemory, argonLanes)
	if err != nil {
		return "", err
	}
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonLanes, encode(salt), encode(key)), nil
}

// CheckPassword tells whether the password is the one behind the hash. An empty or unreadable hash takes as long as a
// good one and is never right, so that the time tells nothing about who has a password.
func CheckPassword(ctx context.Context, hash, password string) bool {
	var version, memory, time, lanes uint32
	parts := strings.Split(hash, "$")
	var salt, want []byte
	ok := len(parts) == 6 && parts[1] == "argon2id"
	if ok {
		_, err1 := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &time, &lanes)
		var err2, err3 error
		salt, err2 = base64.RawStdEncoding.DecodeString(parts[4])
		want, err3 = base64.RawStdEncoding.DecodeString(parts[5])
		ok = err1 == nil && err2 == nil && err3 == nil && len(want) == argonKey && memory <= 1<<20 && time <= 16 && lanes >= 1 && lanes <= 16
	}
	if !ok {
		salt, want, time, memory, lanes = make([]byte, 16), make([]byte, argonKey), argonTime, argonMemory, argonLanes
	}
	got, err := argon(ctx, password, salt, time, memory, uint8(lanes))
	return err == nil && subtle.ConstantTimeCompare(got, want) == 1 && ok
}

func argon(ctx context.Context, password string, salt []byte, time, memory uint32, lanes uint8) ([]byte, error) {
	select {
	case hashers <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-hashers }()
	return argon2.IDKey([]byte(password), salt, time, memory, lanes, argonKey), nil
}
