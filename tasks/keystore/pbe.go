package keystore

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"hash"
)

// maxIterations is what the JDK allows one key derivation; here it is what a whole store may cost, so that a
// file that asks for more cannot keep us busy.
const maxIterations = 5_000_000

// An opener checks and decrypts the parts of a PKCS12 store.
type opener struct {
	password string
	left     int // iterations
}

func (o *opener) spend(iterations int) error {
	if iterations < 1 || iterations > o.left {
		return fmt.Errorf("%w: key derivation of %d iterations", ErrAlgorithm, iterations)
	}
	o.left -= iterations
	return nil
}

// bmp is the password as the derivation of RFC 7292 takes it.
func (o *opener) bmp() []byte { return append(utf16be(o.password), 0, 0) }

// verify checks the MAC of a store; one without a MAC passes.
func (o *opener) verify(mac macData, content []byte) error {
	id := mac.MAC.Algorithm.Algorithm
	if len(id) == 0 {
		return nil
	}
	h := hashOf(id)
	if h == nil {
		return fmt.Errorf("%w: MAC %v", ErrAlgorithm, id)
	}
	if err := o.spend(mac.Iterations); err != nil {
		return err
	}
	sum := hmac.New(h, derive(h, 3, o.bmp(), mac.Salt, mac.Iterations, h().Size()))
	sum.Write(content)
	if !hmac.Equal(sum.Sum(nil), mac.MAC.Digest) {
		return ErrPassword
	}
	return nil
}

func (o *opener) decrypt(algorithm pkix.AlgorithmIdentifier, data []byte) ([]byte, error) {
	block, iv, err := o.cipher(algorithm)
	if err != nil {
		return nil, err
	}
	size := block.BlockSize()
	if len(data) == 0 || len(data)%size != 0 || len(iv) != size {
		return nil, fmt.Errorf("%w: %d encrypted bytes", ErrDamaged, len(data))
	}
	out := make([]byte, len(data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(out, data)
	pad := int(out[len(out)-1])
	if pad == 0 || pad > size || !bytes.HasSuffix(out, bytes.Repeat([]byte{byte(pad)}, pad)) {
		return nil, ErrPassword
	}
	return out[:len(out)-pad], nil
}

var (
	oidPBES2      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidPBE3DES    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 1, 3}
	oidPBERC2x128 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 1, 5}
	oidPBERC2x40  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 1, 6}
)

func (o *opener) cipher(algorithm pkix.AlgorithmIdentifier) (cipher.Block, []byte, error) {
	size, open := 0, newRC2
	switch id := algorithm.Algorithm; {
	case id.Equal(oidPBES2):
		return o.pbes2(algorithm.Parameters.FullBytes)
	case id.Equal(oidPBE3DES):
		size, open = 24, des.NewTripleDESCipher
	case id.Equal(oidPBERC2x128):
		size = 16
	case id.Equal(oidPBERC2x40): // what Java wrote until 16
		size = 5
	default:
		return nil, nil, fmt.Errorf("%w: cipher %v", ErrAlgorithm, id)
	}
	var params struct {
		Salt       []byte
		Iterations int
	}
	if err := parse(algorithm.Parameters.FullBytes, &params); err != nil {
		return nil, nil, err
	}
	if err := o.spend(params.Iterations); err != nil {
		return nil, nil, err
	}
	block, err := open(derive(sha1.New, 1, o.bmp(), params.Salt, params.Iterations, size))
	return block, derive(sha1.New, 2, o.bmp(), params.Salt, params.Iterations, des.BlockSize), err
}

func (o *opener) pbes2(der []byte) (cipher.Block, []byte, error) {
	var params struct{ KDF, Cipher pkix.AlgorithmIdentifier }
	var kdf struct {
		Salt       []byte
		Iterations int
		KeyLength  int                      `asn1:"optional"`
		PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
	}
	if err := parse(der, &params); err != nil {
		return nil, nil, err
	}
	if !params.KDF.Algorithm.Equal(oidPBKDF2) {
		return nil, nil, fmt.Errorf("%w: key derivation %v", ErrAlgorithm, params.KDF.Algorithm)
	}
	if err := parse(params.KDF.Parameters.FullBytes, &kdf); err != nil {
		return nil, nil, err
	}
	size, h := aesKeySize(params.Cipher.Algorithm), hashOf(kdf.PRF.Algorithm)
	if size == 0 || h == nil {
		return nil, nil, fmt.Errorf("%w: cipher %v with %v", ErrAlgorithm, params.Cipher.Algorithm, kdf.PRF.Algorithm)
	}
	if err := o.spend(kdf.Iterations); err != nil {
		return nil, nil, err
	}
	key, err := pbkdf2.Key(h, o.password, kdf.Salt, kdf.Iterations, size)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrAlgorithm, err)
	}
	block, err := aes.NewCipher(key)
	return block, params.Cipher.Parameters.Bytes, err
}

func aesKeySize(id asn1.ObjectIdentifier) int {
	switch id.String() {
	case "2.16.840.1.101.3.4.1.2":
		return 16
	case "2.16.840.1.101.3.4.1.22":
		return 24
	case "2.16.840.1.101.3.4.1.42":
		return 32
	}
	return 0
}

// hashOf is the hash of a digest or an HMAC identifier; without one it is SHA-1 (RFC 8018 A.2).
func hashOf(id asn1.ObjectIdentifier) func() hash.Hash {
	switch id.String() {
	case "", "1.3.14.3.2.26", "1.2.840.113549.2.7":
		return sha1.New
	case "2.16.840.1.101.3.4.2.1", "1.2.840.113549.2.9":
		return sha256.New
	case "2.16.840.1.101.3.4.2.2", "1.2.840.113549.2.10":
		return sha512.New384
	case "2.16.840.1.101.3.4.2.3", "1.2.840.113549.2.11":
		return sha512.New
	}
	return nil
}

// derive is the key derivation of RFC 7292 appendix B.2; purpose is 1 for a key, 2 for an IV, 3 for a MAC.
func derive(h func() hash.Hash, purpose byte, password, salt []byte, iterations, size int) []byte {
	sum := h()
	width := sum.BlockSize()
	diversifier := bytes.Repeat([]byte{purpose}, width)
	input := append(fill(salt, width), fill(password, width)...)
	var out []byte
	for {
		sum.Reset()
		sum.Write(diversifier)
		sum.Write(input)
		a := sum.Sum(nil)
		for range iterations - 1 {
			sum.Reset()
			sum.Write(a)
			a = sum.Sum(a[:0])
		}
		if out = append(out, a...); len(out) >= size {
			return out[:size]
		}
		b := fill(a, width)
		for i := 0; i < len(input); i += width {
			carry := 1
			for j := width - 1; j >= 0; j-- {
				carry += int(input[i+j]) + int(b[j])
				input[i+j] = byte(carry)
				carry >>= 8
			}
		}
	}
}

// fill repeats b up to the next multiple of width.
func fill(b []byte, width int) []byte {
	if len(b) == 0 {
		return nil
	}
	n := (len(b) + width - 1) / width * width
	return bytes.Repeat(b, n/len(b)+1)[:n]
}
