package core

import (
	"crypto/sha256"
	"hash/fnv"
	"math/bits"
	"strings"
	"unicode"
)

// Likeness is a fingerprint of a text's words: texts that share most words have fingerprints that share most bits
// (Charikar's simhash). Numbers count as one, however they read: "we have got your mail 4711" is what "…4712" is. A text
// without words is like another one.
func Likeness(text string) int64 {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	var votes [64]int
	vote := func(feature string) {
		h := fnv.New64a()
		h.Write([]byte(feature)) // never fails
		sum := spread(h.Sum64())
		for bit := range votes {
			if sum>>bit&1 == 1 {
				votes[bit]++
			} else {
				votes[bit]--
			}
		}
	}
	before := ""
	for _, w := range words[:min(len(words), likenessWords)] {
		if strings.ContainsFunc(w, unicode.IsDigit) {
			w = "0"
		}
		vote(w)
		vote(before + " " + w)
		before = w
	}
	var sum uint64
	for bit, v := range votes {
		if v > 0 {
			sum |= 1 << bit
		}
	}
	return int64(sum)
}

// likenessWords bounds the work for one text.
const likenessWords = 500

// spread mixes a hash so that short words too touch all of its bits.
func spread(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return x
}

// fewWords is up to how many bytes of text are too common to tell one mail from another.
const fewWords = 60

// WordsKey is the hash of a text's words, whatever white space stands between them; nil where they are too few to know a
// mail by.
func WordsKey(text string) []byte {
	folded := strings.Join(strings.Fields(text), " ")
	if len(folded) <= fewWords {
		return nil
	}
	sum := sha256.Sum256([]byte(folded))
	return sum[:]
}

// Alike tells whether two fingerprints are of much the same words. Those of unrelated texts differ in about 32 bits.
func Alike(a, b int64) bool { return bits.OnesCount64(uint64(a^b)) <= 8 }
