import CommandSupport
import Testing

@testable import Commands

@Suite("Numbers and names are printed as people read them")
struct TextTests {
    @Test(
        "integers are grouped by thousands",
        arguments: [
            (0, "0"), (7, "7"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567"), (-1_234, "-1,234"),
            (Int.min, "-9,223,372,036,854,775,808"),
        ])
    func grouped(value: Int, text: String) {
        #expect(Quantity.grouped(value) == text)
    }

    @Test("the largest unsigned number is grouped too")
    func groupedUnsigned() {
        #expect(Quantity.grouped(UInt64.max) == "18,446,744,073,709,551,615")
    }

    @Test(
        "durations have three digits that count, in the unit that fits",
        arguments: [
            (0, "0 ns"), (130, "130 ns"), (999, "999 ns"), (1_000, "1.00 µs"), (1_234, "1.23 µs"), (1_235, "1.24 µs"),
            (9_995, "10.0 µs"), (45_678, "45.7 µs"), (999_499, "999 µs"), (999_500, "1.00 ms"), (1_005_000, "1.01 ms"),
            (999_999_999, "1.00 s"), (12_345_678_901, "12.3 s"), (5_000_000_000_000, "5,000 s"),
            (UInt64.max, "18,446,744,074 s"),
        ] as [(UInt64, String)])
    func duration(nanoseconds: UInt64, text: String) {
        #expect(Quantity.duration(nanoseconds: nanoseconds) == text)
    }

    @Test(
        "sizes are in binary units",
        arguments: [
            (0, "0 B"), (1_023, "1023 B"), (1_024, "1.00 KiB"), (1_536, "1.50 KiB"), (65_536, "64.0 KiB"),
            (1_023 * 1_024, "1.00 MiB"), (36_700_160, "35.0 MiB"), (UInt64.max, "16,777,216 TiB"),
        ] as [(UInt64, String)])
    func bytes(count: UInt64, text: String) {
        #expect(Quantity.bytes(count) == text)
    }

    @Test(
        "shares are rounded to a tenth of a percent, and of nothing there are none",
        arguments: [
            (0, 3, "0.0 %"), (1, 3, "33.3 %"), (2, 3, "66.7 %"), (3, 3, "100.0 %"), (1, 2_000, "0.1 %"),
            (1, 2_001, "0.0 %"), (0, 0, "–"), (5, 0, "–"), (UInt64.max, UInt64.max, "100.0 %"),
            (UInt64.max, 1, "–"),
        ] as [(UInt64, UInt64, String)])
    func share(part: UInt64, whole: UInt64, text: String) {
        #expect(Quantity.share(part, of: whole) == text)
    }

    @Test(
        "rates never divide by nothing",
        arguments: [
            (2_759, 1_000_000, "2,759,000 /s"), (1, 0, "–"), (0, 5, "0 /s"), (UInt64.max, 1, "–"),
            (UInt64.max, .max, "1,000,000,000 /s"),
        ] as [(UInt64, UInt64, String)])
    func rate(count: UInt64, nanoseconds: UInt64, text: String) {
        #expect(Quantity.rate(count, nanoseconds: nanoseconds) == text)
    }

    @Test(
        "what a terminal would act on is written as an escape",
        arguments: [
            ("firewall", "firewall"), ("größe µs – ok", "größe µs – ok"), ("a\u{1B}[2Jb", "a\\u{1b}[2Jb"),
            ("two\nlines\r\u{8}", "two\\u{a}lines\\u{d}\\u{8}"), ("\u{9B}31m", "\\u{9b}31m"),
            ("abc\u{202E}cba", "abc\\u{202e}cba"), ("zero\u{200B}width", "zero\\u{200b}width"),
            ("\u{2028}", "\\u{2028}"), ("e\u{301}\u{301}", "e\\u{301}\\u{301}"), ("\u{E000}", "\\u{e000}"),
            ("\u{A0}", "\\u{a0}"), ("\\u{1b}", "\\\\u{1b}"), ("", ""),
        ])
    func printable(hostile: String, text: String) {
        #expect(Printable.text(hostile) == text)
    }

    @Test("a name of a million characters is cut, and says so")
    func longNames() {
        #expect(Printable.text(String(repeating: "a", count: 1_000_000), limit: 5) == "aaaaa…")
        #expect(Printable.text([UInt8](repeating: 0x61, count: 1_000_000), limit: 5) == "aaaaa…")
        #expect(Printable.text("aaaaa", limit: 5) == "aaaaa")
    }

    @Test("bytes that are no text show as such")
    func notText() {
        #expect(Printable.text([0x61, 0xFF, 0x62]) == "a\u{FFFD}b")
    }

    @Test("whatever scalars come in, only printable ones come out")
    func everyScalar() {
        for value in UInt32(0)...0x10FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let text = Printable.text(String(Character(scalar)))
            for out in text.unicodeScalars where out.value < 0x20 || (0x7F...0xA0).contains(out.value) {
                Issue.record("U+\(String(value, radix: 16)) came out as U+\(String(out.value, radix: 16))")
            }
            guard !text.isEmpty else {
                Issue.record("U+\(String(value, radix: 16)) vanished")
                continue
            }
        }
    }
}
