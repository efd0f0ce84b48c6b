import ProgramPackage
import TestSupport
import Testing

@testable import ObjectFile

/// Forms in which objects say things to libbpf, and mean the same here.
@Suite("Objects as libbpf reads them")
struct LibraryFormsTests {
    @Test("a question mark before a section's name is none of the program's: every one is run because it is asked for")
    func questionMark() throws {
        func package(_ section: String) throws -> ObjectPackage {
            try ObjectReader.read(
                CSource.compiled(
                    """
                    SEC("\(section)") int p(u64 *c) { return 1; }
                    SEC("?tc") int q(u64 *c) { return *(u32 *)c; }
                    SEC("?") int r(u64 *c) { return 2; }
                    """))
        }
        let (asked, plain) = (try package("?xdp"), try package("xdp"))
        #expect(asked.programs.map(\.section) == ["xdp", "tc", "?"])
        #expect(asked.programs[0].canonicalBytes(in: asked) == plain.programs[0].canonicalBytes(in: plain))
        #expect(asked.sections.contains { $0.name == "?xdp" })
    }

    @Test("weak functions are functions: programs, and what programs call")
    func weakFunctions() throws {
        let package = try ObjectReader.read(
            CSource.compiled(
                """
                __attribute__((weak)) __noinline int helper(int x) { return x + bpf_ktime_get_ns(); }
                __attribute__((weak)) SEC("xdp") int p(u64 *c) { return helper(1); }
                SEC("xdp") int q(u64 *c) { return helper(2) + helper(3); }
                """))
        #expect(package.programs.map(\.name) == ["p", "q"])
        for program in package.programs { #expect(program.functions.map(\.name) == [program.name, "helper"]) }
    }

    @Test("a map that is pinned by its name says so, inside of an object whose programs share a section")
    func pinned() throws {
        let package = try ObjectReader.read(
            CSource.compiled(
                """
                struct { __uint(type, 1); __type(key, u32); __type(value, u64); __uint(max_entries, 4); __uint(pinning, 1); }
                    kept SEC(".maps");
                struct { __uint(type, 1); __type(key, u32); __type(value, u64); __uint(max_entries, 4); } lost SEC(".maps");
                SEC("tc") int p(u64 *c) { u32 key = 1; return bpf_map_lookup_elem(&kept, &key) != 0; }
                SEC("tc") int q(u64 *c) { u32 key = 1; return bpf_map_lookup_elem(&lost, &key) != 0; }
                """))
        #expect(package.programs.map(\.name) == ["p", "q"] && package.programs.map(\.section) == ["tc", "tc"])
        #expect(package.maps.map(\.pinning) == [1, 0])
    }
}
