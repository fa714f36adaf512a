# tests/faults/Daemon.pm: a real daemon with a store in a folder of its own, and short ways to speak to it.
# SPDX-License-Identifier: Apache-2.0
package Daemon;
use strict;
use warnings;
use Exporter 'import';
use File::Temp qw(tempdir);
use IO::Socket::INET;

our @EXPORT_OK = qw(start murder stop connection request message ask one_answer last_lines config $dir $url $rvp);
our $binary;            # of rvpd
our $about = '';        # stands in every complaint: a seed
our %environment;       # of the daemon
our $limits = '';        # of the configuration, the lines of its table
our $offline = 'store'; # message.offline
our $more = '';          # tables behind that
our $descriptors = '';   # that the daemon may have open, 'ulimit -n'; empty: as many as we
our $patience = 60;     # seconds from a start to the next, or to the end
our $address;           # where it listens
our $dir = tempdir(CLEANUP => 1);
our $url = 'http://im.example.com/instmsg/aliases/';
our $rvp = 'xmlns:d="DAV:" xmlns:r="http://schemas.microsoft.com/rvp/" xmlns:a="http://schemas.microsoft.com/rvp/acl/"';

my ($pid, $port, $output);
$SIG{PIPE} = 'IGNORE';
$SIG{ALRM} = sub { die "stuck ($about)\n" };
END { my $status = $?; kill 'KILL', $pid if $pid; $? = $status; }

sub config {
    my ($file, $store) = @_;
    open(my $conf, '>', $file) or die "$file: $!\n";
    print $conf <<"CONF";
domain = "im.example.com"
[listen]
http = ["127.0.0.1:0"]
admin = ""
control = "$dir/control.sock"
[nodes]
auto_create = ["/instmsg/aliases/"]
[callback]
allow = ["127.0.0.1"]
[message]
offline = "$offline"
[store]
path = "$store"
[limits]
$limits
$more
CONF
    close $conf or die "$file: $!\n";
    return $file;
}

# Starts it on the store of the last one, and waits until it is ready; within a minute, what follows included.
sub start {
    alarm $patience;
    my $config = config("$dir/rvpd.conf", "$dir/rvpd.db");
    local %ENV = (%ENV, %environment);
    $pid = open($output, '-|', ($descriptors && "ulimit -n $descriptors && ") . "exec '$binary' --config '$config' 2>>'$dir/log'") or die "cannot start $binary: $!\n";
    my $line = <$output> // '';
    $line =~ /^listening rvp http:\S+:(\d+)$/ or die "the daemon does not start ($about): $line" . last_lines();
    $port = $1;
    $address = "127.0.0.1:$port";
}

sub last_lines { return scalar `tail -5 '$dir/log'` }

sub process { return $pid }
sub descriptors_in_use { return scalar(my @open = glob "/proc/$pid/fd/*") }
sub signal { kill $_[0], $pid }
sub end {
    my ($signal) = @_;
    kill $signal, $pid;
    return wait_for_end();
}
sub wait_for_end {
    waitpid $pid, 0;
    my $status = $?;
    close $output;
    undef $pid;
    return $status;
}
sub murder { end('KILL') }
sub stop { my $status = end('TERM'); die "stopped with status $status ($about): " . last_lines() if $status != 0 }

sub connection {
    return IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port", Proto => 'tcp') // die "cannot connect: $!\n";
}

sub request {
    my ($method, $node, $from, $headers, $body) = @_;
    return "$method /instmsg/aliases/$node HTTP/1.1\r\nHost: im.example.com\r\nRVP-From-Principal: $url$from\r\n"
        . $headers . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
}

sub message {
    my ($to, $text) = @_;
    return request('NOTIFY', $to, 'writer', "RVP-Ack-Type: DeepOr\r\nRVP-Hop-Count: 1\r\n",
        "<r:notification $rvp><r:message><r:notification-from><r:contact><d:href>${url}writer</d:href>"
        . "<r:description>writer</r:description></r:contact></r:notification-from><r:notification-to><r:contact>"
        . "<d:href>$url$to</d:href><r:description>$to</r:description></r:contact></r:notification-to><r:msgbody>"
        . "<r:mime-data><![CDATA[MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n"
        . "Session-Id: {79FC61B5-1234-1234-8A10-941F33CA4C90}\r\n\r\n$text]]></r:mime-data></r:msgbody></r:message>"
        . "</r:notification>");
}

# The head of a whole answer or request at the beginning of what was read; undef: not whole yet.
sub one_answer {
    my ($line) = @_;
    $line->{read} =~ /\A(.*?\r\n\r\n)/s or return undef;
    my $head = $1;
    my ($length) = $head =~ /^Content-Length: (\d+)/mi;
    return length($line->{read}) >= length($head) + ($length // 0) ? $head : undef;
}

# Head and body of the answer to one request.
sub ask {
    my ($socket, $request) = @_;
    my $line = {read => ''};
    $socket->syswrite($request);
    until (defined one_answer($line)) {
        $socket->sysread($line->{read}, 65536, length $line->{read}) or die "hung up ($about): " . last_lines();
    }
    return $line->{read};
}

1;
