import Testing

@testable import Observation

@Suite("Formats of tracepoints")
struct TracepointFormatTests {
    static let execution = """
        name: sched_process_exec
        ID: 365
        format:
        \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
        \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

        \tfield:__data_loc char[] filename;\toffset:8;\tsize:4;\tsigned:0;
        \tfield:pid_t pid;\toffset:12;\tsize:4;\tsigned:1;
        \tfield:pid_t old_pid;\toffset:16;\tsize:4;\tsigned:1;

        print fmt: "filename=%s pid=%d old_pid=%d", __get_str(filename), REC->pid, REC->old_pid
        """

    @Test("a record is as long as its last field reaches, and says where it tells of more")
    func read() throws {
        let format = try #require(TracepointFormat(Self.execution))
        #expect(format.size == 20)
        #expect(format.places == [8])
        #expect(format.cookie(of: 3) == 3 << 48 | 8 << 16 | 20)
    }

    @Test(
        "what is not of the form is nothing, and never a number that does not fit",
        arguments: [
            "", "format:", "\tfield:int a;", "\tfield:int a;\toffset:8;", "\tfield:int a;\toffset:x;\tsize:4;",
            "\tfield:int a;\toffset:-8;\tsize:4;", "\tfield:int a;\toffset:8;\tsize:99999999999999999999;",
            "\tfield:int a;\toffset:40000;\tsize:4;", "\tfield:int a;\toffset:0;\tsize:4;",
        ])
    func refuse(text: String) { #expect(TracepointFormat(text) == nil) }

    @Test("names that lead out of a folder, or elsewhere, are no hooks")
    func names() {
        for section in [
            "tracepoint/sched", "tracepoint/sched/a/b", "tracepoint/../a", "tracepoint/a/b.", "tracepoint//a",
            "tp/a b/c",
            "cgroup/", "cgroup/connect5", "cgroup/connect4/x", "", "tracepoint/\(String(repeating: "a", count: 129))/b",
        ] { #expect(ObservedHook(section: section) == nil, "\(section)") }
        #expect(ObservedHook(section: "tp/sched/sched_switch")?.section == "tracepoint/sched/sched_switch")
        for point in SocketPoint.allCases {
            #expect(ObservedHook(section: "cgroup/\(point.name)") == .socket(point))
        }
    }
}
