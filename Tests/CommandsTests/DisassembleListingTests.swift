import CommandSupport
import ProgramPackage
import Testing

@testable import Commands

@Suite("What disassemble shows")
struct DisassembleListingTests {
    @Test("labels, source lines once, references by name, and refusals")
    func lines() {
        let listing = DisassembleListing(ShownObject.package)
        let lines = listing.programs[0].lines
        #expect(lines.map(\.slot) == [0, 2, 4, 5, 6, 7, 8])
        #expect(lines.compactMap(\.function) == ["count", "helper"])
        #expect(lines[0].reference == "map counts" && lines[1].reference == ".rodata + 2")
        #expect(lines[0].bytes == "18 11 00 00 00 00 00 00 00 00 00 00 00 00 00 00")
        #expect(lines[3].text.contains("<helper>"))
        #expect(lines[4].text == "exit")
        #expect(listing.programs[1].lines[0].refusal?.isEmpty == false)

        let text = listing.text()
        #expect(text.contains("\n0000000000000000 <count>:\n;     lookup(&counts, &key);\n       0:\t18 11"))
        #expect(text.contains("\n0000000000000038 <helper>:\n;     return 7;\n       7:\t"))
        // The second record of the same line adds nothing.
        #expect(text.split(separator: "lookup(").count == 2)
    }

    @Test("a section chooses its programs")
    func sections() {
        #expect(DisassembleListing(ShownObject.package, section: "odd").programs.map(\.name) == ["broken"])
        #expect(DisassembleListing(ShownObject.package, section: "none").programs.isEmpty)
    }

    @Test("hostile names stay on their line")
    func hostile() {
        var package = ShownObject.package
        package.programs[0].functions[1].name = "x\n\u{1B}[2J"
        package.programs[0].lines[0].text = "a\u{1B}]0;b\nc"
        let text = DisassembleListing(package).text()
        #expect(!text.contains("\u{1B}"))
        #expect(text.contains("\\u{1b}"))
    }
}
