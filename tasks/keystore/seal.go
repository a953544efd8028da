package keystore

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"math/rand/v2"
)

// iterations is what keytool spends on each part of a PKCS12 store.
const iterations = 10_000

var (
	oidSHA256     = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidHMACSHA256 = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}
	oidAES256     = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}
	oidAnyUsage   = asn1.ObjectIdentifier{2, 5, 29, 37, 0}
)

// A sealer encrypts the parts of a new store.
type sealer struct {
	password string
	salts    *rand.ChaCha8
}

func newSealer(entries []KeyEntry, password string) (*sealer, error) {
	if password == "" {
		return nil, errors.New("a store needs a password")
	}
	if err := check(entries); err != nil {
		return nil, err
	}
	sum := sha256.New()
	for _, e := range entries {
		for _, part := range append([][]byte{[]byte(e.Alias), []byte(e.Kind), e.PrivateKey}, e.Raw...) {
			sum.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
			sum.Write(part)
		}
		sum.Write([]byte{0xFF}) // no length begins so: an entry ends here
	}
	seed, err := pbkdf2.Key(sha256.New, password, sum.Sum(nil), iterations, 32)
	if err != nil {
		return nil, err
	}
	return &sealer{password, rand.NewChaCha8([32]byte(seed))}, nil
}

func (w *sealer) salt(n int) []byte {
	b := make([]byte, n)
	_, _ = w.salts.Read(b) // has no error to give
	return b
}

// seal encrypts data by PBES2 (PBKDF2 with HMAC-SHA-256, AES-256-CBC). It returns the parts of an encryptedData, and
// the two together as an EncryptedPrivateKeyInfo (DER).
func (w *sealer) seal(data []byte) (parts sealed, whole []byte, err error) {
	salt, iv := w.salt(20), w.salt(aes.BlockSize)
	key, err := pbkdf2.Key(sha256.New, w.password, salt, iterations, 32)
	if err != nil {
		return sealed{}, nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealed{}, nil, err
	}
	pad := aes.BlockSize - len(data)%aes.BlockSize
	out := append(bytes.Clone(data), bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(out, out)

	kdf := der(struct {
		Salt       []byte
		Iterations int
		PRF        pkix.AlgorithmIdentifier
	}{salt, iterations, algorithm(oidHMACSHA256, asn1.NullBytes)})
	pbes2 := der(struct{ KDF, Cipher pkix.AlgorithmIdentifier }{algorithm(oidPBKDF2, kdf), algorithm(oidAES256, der(iv))})
	parts = sealed{algorithm(oidPBES2, pbes2), out}
	return parts, der(parts), nil
}

type sealed struct {
	Algorithm pkix.AlgorithmIdentifier
	Data      []byte
}

// store makes the PFX: the keys each encrypted, the certificates encrypted together, a MAC over all.
func (w *sealer) store(keys, certs []safeBag) ([]byte, error) {
	parts, _, err := w.seal(der(certs))
	if err != nil {
		return nil, err
	}
	var e encryptedData
	e.Info.Type, e.Info.Algorithm, e.Info.Content = oidData, parts.Algorithm, parts.Data
	content := []contentInfo{{Type: oidEncryptedData, Content: explicit(der(e))}}
	if len(keys) > 0 {
		content = append(content, contentInfo{Type: oidData, Content: explicit(der(der(keys)))})
	}
	safe := der(content)

	mac := macData{Salt: w.salt(20), Iterations: iterations}
	o := opener{password: w.password}
	h := hmac.New(sha256.New, derive(sha256.New, 3, o.bmp(), mac.Salt, iterations, sha256.Size))
	h.Write(safe)
	mac.MAC.Algorithm, mac.MAC.Digest = algorithm(oidSHA256, asn1.NullBytes), h.Sum(nil)
	return der(struct {
		Version int
		Safe    contentInfo
		MAC     macData
	}{3, contentInfo{Type: oidData, Content: explicit(der(safe))}, mac}), nil
}

func newBag(id asn1.ObjectIdentifier, value []byte, marks ...attribute) safeBag {
	return safeBag{ID: id, Value: explicit(value), Attributes: marks}
}

func newAttribute(id asn1.ObjectIdentifier, value []byte) attribute {
	return attribute{ID: id, Value: asn1.RawValue{Tag: asn1.TagSet, IsCompound: true, Bytes: value}}
}

func friendlyName(alias string) attribute {
	return newAttribute(oidFriendlyName, der(asn1.RawValue{Tag: asn1.TagBMPString, Bytes: utf16be(alias)}))
}

func localKeyID(id []byte) attribute { return newAttribute(oidLocalKeyID, der(id)) }

func algorithm(id asn1.ObjectIdentifier, parameters []byte) pkix.AlgorithmIdentifier {
	return pkix.AlgorithmIdentifier{Algorithm: id, Parameters: asn1.RawValue{FullBytes: parameters}}
}

// explicit is the [0] EXPLICIT of a DER value.
func explicit(value []byte) asn1.RawValue {
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: value}
}

// der encodes one of this package's own types, which can all be encoded.
func der(value any) []byte {
	out, err := asn1.Marshal(value)
	if err != nil {
		panic(err)
	}
	return out
}
