#!/bin/bash
# Passes `swift test` through and closes with what was skipped, grouped by reason, with what failed, and then with the run's own last line.
#
# A test that needs KVM carries `.enabled(if: …, "reason")`; where the condition is false, Swift Testing prints
#   ➜  Test "name" skipped: "reason"
# A whole suite that is skipped prints the line once for each of its tests as well. Of an expectation that failed it prints
#   ✘  Test "name" recorded an issue at File.swift:1:2: Expectation failed: …
#   ↳ the comment of the expectation
# somewhere among thousands of lines; whoever has only the end of the output must find it there.
set -uo pipefail

awk '
    # The last line of the run is held back, so that it is the last line here.
    /Test run with [0-9]+ test/ { held = held $0 "\n"; next }
    { print; fflush() }
    / recorded an issue/ { failed = failed $0 "\n"; inside = 1; next }
    inside && /↳/ { failed = failed $0 "\n"; next }
    { inside = 0 }
    / Test .* skipped(: ".*")?\.?$/ {
        reason = "no reason given"
        if (match($0, /skipped: /)) reason = substr($0, RSTART + RLENGTH)
        gsub(/^"|"\.?$/, "", reason)
        count[reason]++
        total++
    }
    END {
        if (total) printf "\n%d test%s skipped:\n", total, total == 1 ? " was" : "s were"
        for (reason in count) printf "%6d  %s\n", count[reason], reason | "sort -rn"
        close("sort -rn")
        if (failed != "") printf "\nWhat failed:\n%s", failed
        printf "%s", held
        if (held == "") {
            print "The test run ended without a summary: it crashed, or was stopped."
            exit 1
        }
    }'
