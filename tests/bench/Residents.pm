# tests/bench/Residents.pm: a daemon with accounts, and what of its memory each of many silent clients takes.
# SPDX-License-Identifier: Apache-2.0
package Residents;
use strict;
use warnings;
use Exporter 'import';
use File::Temp qw(tempdir);
use IO::Socket::INET;

our @EXPORT = qw(start_daemon connect_to resident);
my $dir = tempdir(CLEANUP => 1);
my ($out, $pid);  # not closed before END kills the daemon, which a close would wait for
$SIG{$_} = sub { exit 1 } for qw(HUP INT TERM);
END { my $status = $?; kill 'KILL', $pid if $pid; $? = $status; }

# A daemon whose accounts are u0, u1 and so on, with the password pw; `listen` says where, as [listen] has it, `more` the end of
# the configuration. Returns the port of the listener.
sub start_daemon {
    my ($rvpd, $rvpctl, $users, $listen, $more) = @_;
    open(my $conf, '>', "$dir/rvpd.conf") or die "$dir: $!\n";
    print $conf "domain = \"im.example.com\"\n[listen]\n$listen\nadmin = \"\"\ncontrol = \"$dir/control.sock\"\n"
        . "[store]\npath = \"$dir/rvpd.db\"\n[log]\nlevel = \"error\"\n$more";
    close $conf;
    $pid = open($out, '-|', "exec '$rvpd' --config '$dir/rvpd.conf'") or die "$rvpd: $!\n";
    my ($port) = (<$out> // '') =~ m{://127\.0\.0\.1:(\d+)} or die "$rvpd does not listen\n";
    open(my $csv, '>', "$dir/users.csv") or die "$dir: $!\n";
    print $csv "user,password\n", map { "u$_,pw\n" } 0 .. $users - 1;
    close $csv;
    system($rvpctl, '--socket', "$dir/control.sock", 'user', 'import', "$dir/users.csv") == 0 or die "no accounts\n";
    return $port;
}

sub connect_to {
    my ($port) = @_;
    my $line = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or die "127.0.0.1:$port: $!\n";
    $line->autoflush(1);
    return $line;
}

# Bytes of the daemon's memory that are in use.
sub resident {
    open(my $statm, '<', "/proc/$pid/statm") or die "the daemon is gone\n";
    return (split ' ', <$statm>)[1] * 4096;
}
1;
