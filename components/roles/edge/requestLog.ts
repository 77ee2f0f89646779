import { type CompleteSetup, completeSetup, type SetupFile } from "../../setup/types";
import { proxyLogLimit } from "./edge";

const name = "platform-request-log";
const readerPath = `/usr/local/sbin/${name}`;
const pipe = `/run/${name}`;

/** The pipe keeps some thousand lines while the journal is busy. Beyond that HAProxy drops and counts them. */
const pipeSize = "1M";

/** What journald and the archive are asked for at once: the reader waits so long for more lines, in seconds. */
const patience = 0.2;

/** Lines of HAProxy's unit: what it logs goes through the pipe, what else it has to say to the journal. */
export const requestLogUnit = {
  unitLines: [`Wants=${name}.socket`, `After=${name}.socket`],
  serviceLines: [`StandardOutput=file:${pipe}`, "StandardError=journal"],
};

/**
 * Lines of requests reach the journal by the hundred, as one entry: an entry costs journald, its upload and the archive
 * more than HAProxy needs for the whole request, and a longer one hardly more. What failed has an entry of its own.
 */
export const requestLogSetup: CompleteSetup = completeSetup({
  files: [
    { path: readerPath, content: reader(), mode: "0755" },
    {
      path: `/etc/systemd/system/${name}.socket`,
      content: `[Unit]
Description=Lines that HAProxy logs
# Without it HAProxy does not start again.
RefuseManualStop=yes

[Socket]
ListenFIFO=${pipe}
SocketMode=0600
PipeSize=${pipeSize}
# A load balancer with few visitors starts the reader with each.
TriggerLimitIntervalSec=0
`,
    },
    readerUnit(),
  ],
});

function readerUnit(): SetupFile {
  const lines = [
    "[Unit]",
    "Description=Lines that HAProxy logs",
    "StartLimitIntervalSec=0",
    "",
    "[Service]",
    `ExecStart=${readerPath}`,
    "StandardInput=socket",
    "StandardOutput=journal",
    "StandardError=journal",
    "SyslogIdentifier=haproxy",
    "# journalctl -u finds it under HAProxy's unit.",
    "LogExtraFields=OBJECT_SYSTEMD_UNIT=haproxy.service",
    "# It must be root for that, and reads what strangers wrote.",
    "CapabilityBoundingSet=",
    "NoNewPrivileges=yes",
    ...proxyLogLimit,
  ];
  return {
    path: `/etc/systemd/system/${name}.service`,
    content: lines.map((line) => `${line}\n`).join(""),
  };
}

/** Who is silent for a minute costs no memory: systemd starts the reader with the next line. */
function reader(): string {
  return `#!/usr/bin/perl
# Writes what HAProxy logs into the journal: many lines of requests as one entry, each other line as its own.
use strict;
use warnings;
use Socket;
socket my $journal, AF_UNIX, SOCK_DGRAM, 0 or die "socket: $!";
connect $journal, pack_sockaddr_un('/run/systemd/journal/socket') or die "connect: $!";

sub entry {
    my ($level, $lines) = @_;
    chomp $lines;
    my $message = pack('Q<', length $lines) . $lines;
    defined send $journal, "PRIORITY=$level\\nSYSLOG_IDENTIFIER=haproxy\\nMESSAGE\\n$message\\n", 0 or die "send: $!";
}

vec(my $input = '', 0, 1) = 1;
my $text = '';
while (select(my $ready = $input, undef, undef, 60) > 0) {
    # Less than an entry may hold, and more than fits would be waiting in the pipe.
    defined(my $count = sysread STDIN, $text, 65536, length $text) or die "read: $!";
    my $end = rindex($text, "\\n") + 1 or next;
    my $requests = '';
    for (split /^/, substr($text, 0, $end, '')) {
        my $level = s/^<([0-7])>// ? $1 : 6;
        if ($level < 6) { entry($level, $_) }
        else { $requests .= $_ }
    }
    entry(6, $requests) if length $requests;
    select undef, undef, undef, ${patience} if $count < 65536;
}
`;
}
