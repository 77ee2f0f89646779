package remote

import "time"

// How long ending the processes of a cancelled command may take.
const terminationLimit = 6 * time.Second

// Ends every process that was started over the same SSH connection. sshd forwards no signals to the
// processes of root, and closing the connection ends only those that read or write. Processes of
// system services do not inherit the variable and live on.
const terminateScript = `
started=$(grep -lszxF "SSH_CONNECTION=$SSH_CONNECTION" /proc/[0-9]*/environ | cut -d/ -f3 | grep -vx $$)
kill -TERM $started 2>/dev/null
i=0
while [ $i -lt 30 ] && kill -0 $started 2>/dev/null; do sleep 0.1; i=$((i + 1)); done
kill -KILL $started 2>/dev/null
true
`

// terminate ends the remote processes; a host that does not answer is given up after a while.
func terminate(connected *client) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		session, err := connected.NewSession()
		if err != nil {
			return
		}
		defer session.Close()
		_ = session.Run(terminateScript)
	}()
	select {
	case <-ended:
	case <-time.After(terminationLimit):
	}
}
