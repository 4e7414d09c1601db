"""What joins the two ends of a wire: the kernel, its ``netem``, or a delay line in user space."""
