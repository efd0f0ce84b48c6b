import Foundation
import TestSupport
import Testing

/// `ringfenced`, and what the command line does with it.
@Suite("The service", .serialized)
struct ServiceTests {
    static let packet = "ffffffffffff0000000000010800" + String(repeating: "00", count: 46)

    @Test("a program is loaded, run, looked at, pinned, unpinned and unloaded, and each command says what it did")
    func life() throws {
        let host = try ServedHost()
        let program = try host.load("counter")
        #expect(program["id"] as? Int == 1 && program["type"] as? String == "xdp")
        #expect(program["owner"] as? Int == Int(getuid()))
        let ran = try host.json("program", "run", "1", "--data-in", Self.packet, "--repeat", "7")
        #expect(ran["verdict"] as? String == "XDP_PASS" && ran["data"] as? String == Self.packet)
        #expect(try host.json("program", "show", "1")["events"] as? Int == 7)
        let listed = try host.tool("program", "list")
        #expect(listed.output.contains("count") && listed.output.contains("xdp"))
        #expect(
            try host.ask("GET", "/v1/maps/1/elements").list.first?["values"] as? [String] == [
                "0700000000000000" + "a401000000000000"
            ])
        #expect(try host.tool("program", "pin", "1", "web/a counter").status == 2)
        #expect(try host.tool("program", "pin", "1", "web/counter").status == 0)
        #expect(try host.tool("program", "pin", "1", "web/counter").status == 2)
        #expect(try host.tool("pin", "list").output.contains("web/counter"))
        let pinned = try host.tool("program", "unload", "1")
        #expect(pinned.status == 2 && pinned.errors.contains("is pinned as web/counter"), "\(pinned)")
        #expect(try host.tool("program", "unpin", "web/counter").status == 0)
        #expect(try host.tool("program", "unload", "1").status == 0)
        #expect(try host.tool("program", "show", "1").errors.contains("there is no program 1"))
        // What nobody has any more is nowhere any more.
        for folder in ["objects", "maps"] {
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(host.state)/\(folder)").isEmpty)
        }
        #expect(try host.json("status")["programs"] as? Int == 0)
        host.service.terminate()
        #expect(host.service.wait() == 0)
        let gone = try host.tool("program", "list")
        #expect(gone.status == 4 && gone.errors.contains("no service answers there"), "\(gone.errors)")
    }

    @Test("elements of maps are read, written and removed, and what the map cannot do is said by its name")
    func maps() throws {
        let host = try ServedHost()
        try host.load("firewall")
        let maps = try host.ask("GET", "/v1/maps").list
        let hash = try #require(maps.first { $0["type"] as? String == "hash" || $0["type"] as? String == "lpm_trie" })
        let id = try #require(hash["id"] as? Int), size = try #require(hash["keySize"] as? Int)
        let valueSize = try #require(hash["valueSize"] as? Int)
        let key = "20000000" + String(repeating: "0a", count: size - 4)
        let value = String(repeating: "01", count: valueSize)
        let place = "/v1/maps/\(id)/elements/\(key)"
        #expect(try host.ask("PUT", place, #"{"value": "\#(value)"}"#).code == 204)
        #expect(try host.ask("GET", place).object["values"] as? [String] == [value])
        #expect(try host.ask("PUT", place, #"{"value": "\#(value)", "mode": "noexist"}"#).code == 409)
        #expect(try host.ask("PUT", place, #"{"value": "01"}"#).body.contains("have \(valueSize)"))
        #expect(try host.ask("PUT", place, #"{"value": "zz"}"#).code == 400)
        #expect(try host.ask("GET", "/v1/maps/\(id)/elements/00").code == 400)
        #expect(try host.ask("DELETE", place).code == 204)
        #expect(try host.ask("DELETE", place).code == 404)
        // Root reads and writes them by their types too.
        let counters = try #require(
            maps.first { $0["type"] as? String == "percpu_array" || $0["type"] as? String == "array" })
        let name = try #require(counters["name"] as? String)
        let dumped = try host.tool("map", "dump", name, "--program", "1")
        #expect(dumped.status == 0 && !dumped.output.isEmpty, "\(dumped)")
        #expect(try host.tool("map", "list", "--program", "1").output.contains(name))
        #expect(try host.tool("map", "list", "--program", "7").errors.contains("there is no program 7"))
        #expect(try host.tool("map", "list").status == 2)
        for map in maps where map["isReadOnly"] as? Bool == true {
            let constants = try #require(map["id"] as? Int)
            #expect(try host.ask("PUT", "/v1/maps/\(constants)/elements/00000000", #"{"value": ""}"#).code == 409)
        }
    }

    @Test(
        "what was pinned is there again after the service was killed, its maps too; what was not is gone, and so is every process"
    )
    func restoration() throws {
        let host = try ServedHost()
        try host.load("counter", "--pin", "web/counter")
        try host.load("pass")
        for round in 1...5 {
            #expect(try host.ask("POST", "/v1/programs/1/run", #"{"data": "\#(Self.packet)"}"#).code == 200)
            let below = ServedHost.descendants(of: host.service.processIdentifier)
            #expect(below.count >= 3)
            kill(host.service.processIdentifier, SIGKILL)
            _ = host.service.wait()
            for process in below {
                for _ in 0..<200 where kill(process, 0) == 0 { usleep(20_000) }
                #expect(kill(process, 0) != 0, "\(process) outlived its service")
            }
            try host.restart()
            let programs = try host.ask("GET", "/v1/programs").list
            #expect(programs.map { $0["pins"] as? [String] } == [["web/counter"]])
            let values = try host.ask("GET", "/v1/maps/1/elements").list.first?["values"] as? [String]
            #expect(values?.first?.hasPrefix("0\(round)00000000000000") == true, "round \(round): \(values ?? [])")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(host.state)/objects").count == 1)
    }

    @Test(
        "what says which programs are pinned is believed or nothing is: a service that cannot read it does not start, and removes nothing"
    )
    func unreadablePins() throws {
        let host = try ServedHost()
        try host.load("counter", "--pin", "web/counter")
        host.service.terminate()
        #expect(host.service.wait() == 0)
        let pins = "\(host.state)/pins.json"
        let text = try String(contentsOfFile: pins, encoding: .utf8)
        try String(text.dropLast(10)).write(toFile: pins, atomically: false, encoding: .utf8)
        #expect(try host.startAgain().wait() == 4)
        #expect(host.service.errors.contains("cannot be read"), "\(host.service.errors)")
        try text.write(toFile: pins, atomically: false, encoding: .utf8)
        try host.restart()
        #expect(try host.ask("GET", "/v1/pins").list.count == 1)

        // An object that is not what was pinned: the pin is kept, its name is not given away, and its maps stay.
        host.service.terminate()
        #expect(host.service.wait() == 0)
        let folder = "\(host.state)/objects"
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).first)
        let object = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
        try Data("no object".utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        try host.restart()
        #expect((try host.json("status")["notRestored"] as? [String: String])?.keys.contains("web/counter") == true)
        try host.load("pass")
        #expect(try host.tool("program", "pin", "1", "web/counter").status == 2)
        #expect(try host.tool("program", "pin", "1", "other").status == 0)
        host.service.terminate()
        #expect(host.service.wait() == 0)
        try object.write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        try host.restart()
        let restored = try host.ask("GET", "/v1/pins").list.compactMap { $0["path"] as? String }
        #expect(restored == ["other", "web/counter"])
    }

    @Test("a cell that is killed is another's place; the service, its other programs and the maps do not notice")
    func killedCell() throws {
        let host = try ServedHost()
        try host.load("counter")
        try host.load("pass")
        let run = #"{"data": "\#(Self.packet)"}"#
        #expect(try host.ask("POST", "/v1/programs/1/run", run).code == 200)
        let cell = try #require(try host.ask("GET", "/v1/programs/1").object["cellProcess"] as? Int)
        kill(pid_t(cell), SIGKILL)
        // The event at which it is missed has the policy's word, the next one the program's.
        let missed = try host.ask("POST", "/v1/programs/1/run", run).object
        #expect(missed["failure"] != nil && missed["verdict"] as? String == "XDP_DROP", "\(missed)")
        #expect(try host.ask("POST", "/v1/programs/1/run", run).object["verdict"] as? String == "XDP_PASS")
        #expect(try host.ask("GET", "/v1/programs/1").object["cellFailures"] as? Int == 1)
        #expect(try host.ask("POST", "/v1/programs/2/run", run).object["verdict"] as? String == "XDP_PASS")
        let values = try host.ask("GET", "/v1/maps/1/elements").list.first?["values"] as? [String]
        #expect(values?.first?.hasPrefix("02") == true)
    }

    @Test("policy is asked: what it denies is not loaded, and the answer says why")
    func denied() throws {
        let host = try ServedHost(ceiling: nil)
        let object = try host.workshop.write("c.o", try Programs.example("connect-policy"))
        let ending = try host.tool("program", "load", object, "--section", "cgroup/connect4")
        #expect(ending.status == 1 && ending.errors.contains("E_NO_PERMIT"), "\(ending.errors)")
        let tier = try host.tool(
            "program", "load", try host.workshop.write("p.o", try Programs.example("pass")), "--tier", "jit-child")
        #expect(tier.status == 1, "\(tier.errors)")
        #expect(try host.ask("GET", "/v1/programs").list.isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(host.state)/maps").isEmpty)
    }

    @Test(
        "another user sees that a program is there, and neither runs nor unloads it, nor reads its maps; its own it may",
        .enabled(if: geteuid() == 0, "needs root, to be somebody else"))
    func users() throws {
        let host = try ServedHost(["--socket-mode", "0666"])
        chmod(host.workshop.folder.path, 0o755)
        try host.load("counter")
        func nobody(_ arguments: String...) throws -> Tool.Ending {
            try Tool.run(
                "setpriv",
                [
                    "--reuid=65534", "--regid=65534", "--clear-groups",
                    Tool.folder.appendingPathComponent("ringfence").path,
                ]
                    + arguments + ["--socket", host.socket], in: URL(fileURLWithPath: "/usr/bin"))
        }
        #expect(try nobody("program", "list").output.contains("count"))
        for words in [["unload", "1"], ["pin", "1", "mine"], ["run", "1", "--data-in", Self.packet]] {
            let ending = try nobody("program", words[0], words[1], words.count > 2 ? words[2] : "--help")
            guard words.count > 2 else { continue }
            #expect(ending.status != 0, "\(words)")
        }
        let unloaded = try nobody("program", "unload", "1")
        #expect(unloaded.status == 1 && unloaded.errors.contains("program 1 is of user 0"), "\(unloaded.errors)")
        let ran = try nobody("program", "run", "1", "--data-in", Self.packet)
        #expect(ran.status == 1 && ran.errors.contains("program 1 is of user 0"))
        let object = try host.workshop.write("pass.o", try Programs.example("pass"))
        chmod(object, 0o644)
        let own = try nobody("program", "load", object, "--pin", "mine")
        #expect(own.status == 0, "\(own.errors)")
        #expect(try host.json("program", "show", "2")["owner"] as? Int == 65534)
        #expect(try nobody("program", "unpin", "mine").status == 0)
        #expect(try nobody("program", "unload", "2").status == 0)
        #expect(try host.ask("GET", "/v1/programs").list.count == 1)
    }

    @Test("every thread of the service has no capability and a filter, and cannot get anything back")
    func posture() throws {
        let host = try ServedHost()
        try host.load("pass")
        let process = host.service.processIdentifier
        let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")
        #expect(threads.count > 1)
        for thread in threads {
            let status = try String(contentsOfFile: "/proc/\(process)/task/\(thread)/status", encoding: .utf8)
            var lines: [Substring: String] = [:]
            for line in status.split(separator: "\n") {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2 { lines[parts[0]] = parts[1].trimmingCharacters(in: .whitespaces) }
            }
            for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
                #expect(lines[Substring(set)] == "0000000000000000", "\(thread) \(set)")
            }
            #expect(lines["Seccomp"] == "2" && lines["NoNewPrivs"] == "1", "\(thread)")
        }
    }
}
