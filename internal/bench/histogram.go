package bench

import (
	"math/bits"
	"time"
)

// histogram counts durations in buckets that are at most 3 % wide, from a nanosecond to hours, in a fixed 5 kB.
type histogram struct {
	buckets [40 << fineBits]uint32
	count   int64
	max     time.Duration
}

// fineBits is how finely each power of two is cut.
const fineBits = 5

func bucketOf(d time.Duration) int {
	v := uint64(max(d, 0))
	if v < 1<<fineBits {
		return int(v)
	}
	shift := bits.Len64(v) - 1 - fineBits
	return min((shift+1)<<fineBits+int(v>>shift)&(1<<fineBits-1), len(histogram{}.buckets)-1)
}

// bucketMiddle is the duration that a bucket stands for.
func bucketMiddle(i int) time.Duration {
	if i < 1<<fineBits {
		return time.Duration(i)
	}
	shift := i>>fineBits - 1
	low := uint64(1<<fineBits|i&(1<<fineBits-1)) << shift
	return time.Duration(low + 1<<shift/2)
}

func (h *histogram) add(d time.Duration) {
	h.buckets[bucketOf(d)]++
	h.count++
	h.max = max(h.max, d)
}

func (h *histogram) merge(o *histogram) {
	for i, n := range o.buckets {
		h.buckets[i] += n
	}
	h.count += o.count
	h.max = max(h.max, o.max)
}

// quantile is the duration that the given part in ten thousand of all did not exceed.
func (h *histogram) quantile(tenThousandths int64) time.Duration {
	if h.count == 0 {
		return 0
	}
	rank := max((h.count*tenThousandths+9999)/10000, 1)
	for i, n := range h.buckets {
		if rank -= int64(n); rank <= 0 {
			return min(bucketMiddle(i), h.max)
		}
	}
	return h.max
}
