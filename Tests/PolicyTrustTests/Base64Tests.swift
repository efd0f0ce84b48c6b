import PolicyTesting
import PolicyTrust
import Testing

@Suite("Base64")
struct Base64Tests {
    @Test(
        "the vectors of RFC 4648, section 10, in both directions",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func vectors(plain: String, text: String) {
        #expect(Base64.encode(bytes(plain)) == bytes(text))
        #expect(Base64.decode(bytes(text)) == bytes(plain))
    }

    @Test(
        "a second spelling of the same bytes is refused",
        arguments: [
            "aGVsbG9=", "aGVsbG8===", "aGVsbG8", "aGVsbG8=\n", " aGVsbG8=", "aGVs bG8=", "aGVsbG8==", "Zh==", "Zm9=",
            "====", "=",
            "Zg=", "Z===", "Zg==Zg==", "Zg=A", "-+AA", "+_AA", "/-AA", "Zm9v!AAA", "Zm9\u{0}", "Zm9vé", "*m9v",
        ])
    func refused(text: String) { #expect(Base64.decode(bytes(text)) == nil) }

    @Test("both alphabets are read, each for itself")
    func alphabets() {
        #expect(Base64.decode(bytes("+/+/")) == [0xFB, 0xFF, 0xBF])
        #expect(Base64.decode(bytes("-_-_")) == [0xFB, 0xFF, 0xBF])
    }

    @Test("whatever is written is read back, in both alphabets")
    func roundTrip() {
        var value: UInt8 = 1
        for count in 0..<200 {
            let bytes = (0..<count).map { _ in
                value = value &* 73 &+ 41
                return value
            }
            for alphabet in Base64.Alphabet.allCases {
                #expect(Base64.decode(Base64.encode(bytes, alphabet)) == bytes)
            }
        }
    }
}
