package identity

// OccupyHashing takes both places at which passwords are hashed, until the function is called that it gives.
func (s *Service) OccupyHashing() (release func()) {
	for range hashesAtOnce {
		s.hasher.slots <- struct{}{}
	}
	return func() {
		for range hashesAtOnce {
			<-s.hasher.slots
		}
	}
}

// Hashes says how many passwords were hashed or compared so far.
func (s *Service) Hashes() int64 { return s.hasher.done.Load() }
