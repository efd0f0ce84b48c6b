import PolicyCore
import Testing

@Suite("Times")
struct UTCTimeTests {
    @Test(
        "a time is the number of seconds that date(1) gives, and is written as it was read",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2000-02-29T23:59:59Z", 951_868_799), ("2026-11-22T17:20:01Z", 1_795_368_001),
            ("2100-03-01T00:00:00Z", 4_107_542_400), ("9999-12-31T23:59:59Z", 253_402_300_799),
            ("1972-12-31T00:00:00Z", 94_608_000),
        ])
    func known(text: String, seconds: Int64) throws {
        let time = try at(text)
        #expect(time.secondsSince1970 == seconds)
        #expect(time.description == text)
    }

    @Test("every day of four centuries comes back as it was written, one day after the other")
    func days() throws {
        var previous: UTCTime?
        for day in 0..<146_097 {
            let time = UTCTime(secondsSince1970: Int64(day) * 86_400 + 1)
            let again = try at(time.description)
            #expect(again == time)
            if let previous { #expect(previous < again) }
            previous = again
        }
    }

    @Test(
        "a day that the calendar does not have is named",
        arguments: [
            ("2026-02-29T00:00:00Z", "day", 29), ("2100-02-29T00:00:00Z", "day", 29),
            ("2026-04-31T00:00:00Z", "day", 31),
            ("2026-00-01T00:00:00Z", "month", 0), ("2026-13-01T00:00:00Z", "month", 13),
            ("2026-01-00T00:00:00Z", "day", 0),
            ("2026-01-01T24:00:00Z", "hour", 24), ("2026-01-01T00:60:00Z", "minute", 60),
            ("2026-01-01T00:00:60Z", "second", 60),
            ("1969-01-01T00:00:00Z", "year", 1969),
        ])
    func impossible(text: String, field: String, value: Int) {
        #expect(throws: UTCTime.Malformation.outOfRange(field, value)) { try at(text) }
    }

    @Test("times far out of range are still printed", arguments: [-1, Int64.min, Int64.max, 253_402_300_800])
    func farAway(seconds: Int64) {
        #expect(UTCTime(secondsSince1970: seconds).description == "\(seconds) s after 1970")
    }
}
