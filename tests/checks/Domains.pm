# tests/checks/Domains.pm: daemons of several domains on loopback, clients that call them, sinks that are called back.
# SPDX-License-Identifier: Apache-2.0
package Domains;
use strict;
use warnings;
use Exporter 'import';
use File::Temp qw(tempdir);
use IO::Select;
use IO::Socket::INET;
use Socket qw(inet_aton);

our @EXPORT = qw(free_port name_server start stop murder ask raw begin finish sink sink_url take state_of message all_properties log_of pid_of is like done dir);
our $rvpd;
our %https;            # a port for TLS too, by name of the daemon
our %msnp;             # the same for MSNP24
our $patience = 60;    # seconds for one thing to happen
my $dir = tempdir(CLEANUP => 1);
my $rvp = 'xmlns:d="DAV:" xmlns:r="http://schemas.microsoft.com/rvp/"';
my (%pid, %output, %port, @helpers);
my ($passed, $failed) = (0, 0);
$SIG{PIPE} = 'IGNORE';
END { my $status = $?; kill 'KILL', grep { $_ } values %pid, @helpers; $? = $status; }

sub dir { return $dir }

# -- Checks

sub is {
    my ($got, $expected, $what) = @_;
    my $same = defined $got && defined $expected ? $got eq $expected : !defined $got && !defined $expected;
    $same ? $passed++ : $failed++;
    print "FAILED $what: expected " . ($expected // 'nothing') . ', got ' . ($got // 'nothing') . "\n" if !$same;
}
sub like {
    my ($got, $pattern, $what) = @_;
    my $matches = ($got // '') =~ $pattern;
    $matches ? $passed++ : $failed++;
    print "FAILED $what: expected $pattern, got " . ($got // 'nothing') . "\n" if !$matches;
}
sub done {
    my ($remark) = @_;
    print "$passed checks passed, $failed failed; $remark\n";
    if ($failed) {
        print "-- log of $_:\n", `tail -20 '$dir/$_.log'` for sort keys %port;
    }
    exit($failed ? 1 : 0);
}

# -- Daemons

# Nobody listens there now. It is below those that the system gives to whoever asks for any, so that it is still free when
# a daemon comes back to it.
my %given;
sub free_port {
    for (1 .. 1000) {
        my $port = 10_000 + int rand 20_000;
        return $port if !$given{$port}++ && IO::Socket::INET->new(LocalAddr => "127.0.0.1:$port", Listen => 1, ReuseAddr => 1);
    }
    die "no port is free\n";
}

# A store of its own each; `more` is the end of its configuration.
sub start {
    my ($name, $domain, $port, $more, $store) = @_;
    $store //= $name;
    my $listen = "http = [\"127.0.0.1:$port\"]" . ($https{$name} ? "\nhttps = [\"127.0.0.1:$https{$name}\"]" : '')
        . ($msnp{$name} ? "\nmsnp = [\"127.0.0.1:$msnp{$name}\"]" : '');
    open(my $conf, '>', "$dir/$name.conf") or die "$dir: $!\n";
    print $conf "domain = \"$domain\"\n[listen]\n$listen\nadmin = \"\"\ncontrol = \"$dir/$name.sock\"\n"
        . "[nodes]\nauto_create = [\"/instmsg/aliases/\", \"/groups/\"]\n[callback]\nallow = [\"source\", \"127.0.0.0/30\"]\n"
        . "[limits]\nlog_on_ms = 10000\npush_wait_ms = 60000\n"  # a slow machine turns nobody away
        . "[lease]\nsettle_s = 1\n[store]\npath = \"$dir/$store.db\"\n$more";
    close $conf;
    $port{$name} = $port;
    $pid{$name} = open($output{$name}, '-|', "exec '$rvpd' --config '$dir/$name.conf' 2>>'$dir/$name.log'") // die "$rvpd: $!\n";
    my $line = readline($output{$name}) // '';
    $line =~ m{^listening rvp } or die "$name does not start: $line" . `tail -5 '$dir/$name.log'`;
}
sub end_with {
    my ($name, $signal) = @_;
    kill $signal, $pid{$name};
    waitpid $pid{$name}, 0;
    my $status = $?;
    close $output{$name};
    delete $pid{$name};
    return $status;
}
sub murder { end_with($_[0], 'KILL') }
sub stop { my $status = end_with($_[0], 'TERM'); $status == 0 or die "$_[0] ended with status $status\n" . `tail -5 '$dir/$_[0].log'`; }
sub pid_of { my ($name) = @_; return $pid{$name} }
sub log_of { my ($name) = @_; return scalar `cat '$dir/$name.log'` }

# -- Clients

# Sends a request to a daemon, the node named in full. `headers` may hold Host, and `target` for the request line.
sub begin {
    my ($at, $method, $node, $from, $headers, $body) = @_;
    my %h = (Host => $node =~ m{^http://([^/]+)}, %$headers);
    my $target = delete $h{target} // $node;
    $body //= '';
    my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port{$at}") // die "connect to $at: $!\n";
    print $socket "$method $target HTTP/1.1\r\nRVP-From-Principal: $from\r\nConnection: close\r\n"
        . join('', map { "$_: $h{$_}\r\n" } sort keys %h) . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
    return $socket;
}
sub finish {
    my ($socket) = @_;
    my $text = '';
    1 while $socket->sysread($text, 65536, length $text);
    return parsed($text);
}
sub ask { return finish(begin(@_)) }
# The whole answer to bytes.
sub raw {
    my ($at, $bytes) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port{$at}") // die "connect to $at: $!\n";
    print $socket $bytes;
    my $text = '';
    1 while $socket->sysread($text, 65536, length $text);
    return $text;
}

# Status of an answer; of both, headers by name in lower case, and the body.
sub parsed {
    my ($text) = @_;
    my ($head, $body) = $text =~ /\A(.*?)\r\n\r\n(.*)\z/s or return {status => 0, headers => {}, body => $text};
    my ($first, @lines) = split /\r\n/, $head;
    my %headers = map { /^([^:]+):\s*(.*)$/ ? (lc $1 => $2) : () } @lines;
    return {status => ($first =~ /^HTTP\S+ (\d+)/)[0] // 0, first => $first, headers => \%headers, body => $body};
}

# -- Sinks: what a client listens on.

sub sink { return IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 16) // die "cannot listen: $!\n" }
sub sink_url { my ($sink) = @_; return 'http://127.0.0.1:' . $sink->sockport }

# The next NOTIFY that matches, answered with 200, as are those that come before it; {} when none comes in time.
my %open;  # connections by sink
sub take {
    my ($sink, $pattern) = @_;
    my $until = time + $patience;
    my $lines = $open{$sink} //= {};
    while (time < $until) {
        for my $ready (IO::Select->new($sink, map { $_->{socket} } values %$lines)->can_read(1)) {
            if ($ready == $sink) {
                my $socket = $sink->accept or next;
                $lines->{$socket} = {socket => $socket, read => ''};
                next;
            }
            my $line = $lines->{$ready};
            if (!$ready->sysread($line->{read}, 65536, length $line->{read})) {
                delete $lines->{$ready};
                next;
            }
            $line->{read} =~ /\A(.*?\r\n\r\n)/s or next;
            my $whole = length($1) + ($1 =~ /^Content-Length: (\d+)/mi ? $1 : 0);
            next if length $line->{read} < $whole;
            my $told = parsed(substr $line->{read}, 0, $whole, '');
            $ready->syswrite("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            return $told if !$pattern || $told->{body} =~ $pattern;
        }
    }
    return {headers => {}, body => 'nothing came'};
}

# -- Bodies

sub state_of {
    my ($state) = @_;
    return "<d:propertyupdate $rvp><d:set><d:prop><r:state><r:leased-value><r:value><r:$state/></r:value><r:default-value><r:offline/>"
        . '</r:default-value><d:timeout>3600</d:timeout></r:leased-value></r:state></d:prop></d:set></d:propertyupdate>';
}
sub all_properties { return "<d:propfind $rvp><d:allprop/></d:propfind>" }
sub message {
    my ($from, $to, $text) = @_;
    my $contact = sub { "<r:contact><d:href>$_[0]</d:href><r:description>x</r:description></r:contact>" };
    return "<r:notification $rvp><r:message><r:notification-from>" . $contact->($from) . '</r:notification-from><r:notification-to>'
        . $contact->($to) . "</r:notification-to><r:msgbody><r:mime-data><![CDATA[MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n"
        . "Session-Id: {79FC61B5-1234-1234-8A10-941F33CA4C90}\r\n\r\n$text]]></r:mime-data></r:msgbody></r:message></r:notification>";
}

# -- A server of names, over UDP: SRV as [priority, weight, port, target], A as an address. It is a process of its own.

sub labels { return join('', map { chr(length) . $_ } split /\./, $_[0]) . "\0" }
sub name_server {
    my (%zone) = @_;
    my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Proto => 'udp') // die "cannot bind: $!\n";
    my $parent = $$;
    my $pid = fork // die "fork: $!\n";
    if ($pid) {
        push @helpers, $pid;
        return '127.0.0.1:' . $socket->sockport;
    }
    @helpers = ();
    %pid = ();
    while (defined $socket->recv(my $asked, 1500)) {
        my ($at, @name) = (12);
        while (my $size = ord substr $asked, $at, 1) { push @name, lc substr $asked, $at + 1, $size; $at += 1 + $size; }
        my $question = substr $asked, 12, $at + 5 - 12;
        my $type = unpack 'n', substr $question, -4, 2;
        my $known = $zone{join '.', @name};
        my $data = !defined $known ? undef : ref $known ? ($type == 33 ? pack('nnn', @$known[0 .. 2]) . labels($known->[3]) : undef)
                 : $type == 1 ? inet_aton($known) : undef;
        my $line = defined $data ? "\xc0\x0c" . pack('nnNn', $type, 1, 60, length $data) . $data : '';
        $socket->send(substr($asked, 0, 2) . pack('nnnnn', defined $known ? 0x8180 : 0x8183, 1, defined $data ? 1 : 0, 0, 0) . $question . $line);
    }
    exit 0;
}

1;
