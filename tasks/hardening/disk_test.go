package hardening

import (
	"fmt"
	"slices"
	"testing"

	"apimctl/render/check"
)

// mounted is a mountinfo in which the last of two file systems at / has these numbers, type and source.
func mounted(numbers, from string) string {
	return "1 1 0:2 / / rw - rootfs rootfs rw\n" +
		"27 1 " + numbers + " / / rw,relatime shared:1 - " + from + " rw\n" +
		"28 27 254:32 / /data rw - ext4 /dev/vdc rw\n"
}

// ioOf is a diskstats of a device, 254:1, that took so many milliseconds a read and a write, between two slow ones.
func ioOf(name string, done, read, write int) string {
	line := func(minor int, name string, read, write int) string {
		return fmt.Sprintf(" 254 %7d %s %d 1 8 %d %d 1 8 %d 0 1 1\n", minor, name, done, done*read, done+1, (done+1)*write)
	}
	return line(0, "vda", 900, 900) + line(1, name, read, write) + line(32, "vdc", 900, 900)
}

func TestDiskOfWhichNothingIsSaid(t *testing.T) {
	for _, d := range []struct{ why, mounts, stats string }{
		{"it is fast enough", mounted("254:1", "ext4 /dev/vda1"), ioOf("vda1", 20000, 20, 50)},
		{"it has hardly been used", mounted("254:1", "ext4 /dev/vda1"), ioOf("vda1", 9998, 900, 900)},
		{"it is a container's overlay", mounted("0:41", "overlay overlay"), ioOf("vda1", 20000, 900, 900)},
		{"it is of another host", mounted("0:50", "nfs4 nas:/vda1"), ioOf("vda1", 20000, 900, 900)},
		{"it counts nothing", mounted("254:1", "ext4 /dev/vda1"), " 254 1 vda1 20000\n"},
	} {
		m, n := clean(t)
		write(m, "/proc/self/mountinfo", d.mounts)
		write(m, "/proc/diskstats", d.stats)
		if found := look(t, m, n).Found; slices.ContainsFunc(found, func(f check.Finding) bool { return f.Code == "HOST015" }) {
			t.Errorf("although %s: %v", d.why, found)
		}
	}
}
