package output

import "bytes"

// A longer line is logged in pieces, so that memory stays bounded and a progress bar without line
// breaks is seen while it grows.
const longestLine = 16 * 1024

// stream is one of the two writers of a Capture.
type stream struct {
	capture *Capture
	whole   *bytes.Buffer
	log     func(line string)
	line    []byte
}

func (s *stream) Write(data []byte) (int, error) {
	s.capture.mu.Lock()
	defer s.capture.mu.Unlock()
	s.whole.Write(data)
	s.capture.tail = appendTail(s.capture.tail, data)
	if s.log == nil {
		s.capture.unseen = appendTail(s.capture.unseen, data)
	} else {
		s.logLines(data)
	}
	return len(data), nil
}

// appendTail keeps the last bytes only.
func appendTail(tail, data []byte) []byte {
	tail = append(tail, data...)
	if excess := len(tail) - tailBytes; excess > 0 {
		tail = append(tail[:0], tail[excess:]...)
	}
	return tail
}

func (s *stream) logLines(data []byte) {
	s.line = append(s.line, data...)
	for {
		end := bytes.IndexByte(s.line, '\n')
		switch {
		case end >= 0 && end <= longestLine:
			s.log(string(bytes.TrimSuffix(s.line[:end], []byte("\r"))))
			s.line = s.line[end+1:]
		case len(s.line) > longestLine:
			s.log(string(s.line[:longestLine]))
			s.line = s.line[longestLine:]
		default:
			return
		}
	}
}

func (s *stream) flush() {
	if s.log != nil && len(s.line) > 0 {
		s.log(string(s.line))
	}
	s.line = nil
}
