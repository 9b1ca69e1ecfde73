package explain

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"thesis.example/lib/dataset"
	"thesis.example/lib/picture"
)

// Plane is a table of numbers [row][column] of equal rows: one channel of a picture or of a feature map, or a
// matrix.
type Plane [][]float64

// Views are samples of the set as every network sees them here: the shorter side resized to 256 pixels, the
// middle 224×224 cut out.
func Views(ctx context.Context, set *dataset.Set, samples ...int) ([]*picture.Image, error) {
	paths := make([]string, len(samples))
	for k, i := range samples {
		paths[k] = set.Path(i)
	}
	return view.Views(ctx, paths)
}

// Grey is the mean of a picture's three colours at each pixel, 0 to 1.
func Grey(m *picture.Image) Plane {
	x := make(Plane, m.H)
	for i := range x {
		for j := range m.W {
			p := m.Pix[3*(i*m.W+j):]
			x[i] = append(x[i], (float64(p[0])+float64(p[1])+float64(p[2]))/(3*255))
		}
	}
	return x
}

// Colours are the planes of red, green and blue of a view as this network gets them: normalised, with a row and a
// column of zeros at the end, as TensorFlow pads for a kernel of 3 pixels and stride 2.
func (in *Inspector) Colours(view *picture.Image) (planes [3]Plane) {
	x := make([]float32, len(view.Pix))
	in.Preprocess.Normalise(x, view)
	for c := range planes {
		planes[c] = append(channel(x, view.H, view.W, 3, c), make([]float64, view.W))
		for i := range planes[c] {
			planes[c][i] = append(planes[c][i], 0)
		}
	}
	return planes
}

// Channels are the channels of a block's output (Block) as planes; a ViT's blocks have none.
func (in *Inspector) Channels(view *picture.Image, block string) ([]Plane, error) {
	y, dims, err := in.Block(view, block)
	if err != nil {
		return nil, err
	}
	if len(dims) != 3 {
		return nil, fmt.Errorf("%s of %s gives values of dimensions %d, want [height, width, channels]", block, in.Name, dims)
	}
	planes := make([]Plane, dims[2])
	for k := range planes {
		planes[k] = channel(y, dims[0], dims[1], dims[2], k)
	}
	return planes, nil
}

// channel is channel k of y [rows, cols, channels].
func channel(y []float32, rows, cols, channels, k int) Plane {
	p := make(Plane, rows)
	for i := range p {
		for j := range cols {
			p[i] = append(p[i], float64(y[(i*cols+j)*channels+k]))
		}
	}
	return p
}

// Strongest are the n planes with the largest means, the largest first.
func Strongest(planes []Plane, n int) []int {
	order := make([]int, len(planes))
	means := make([]float64, len(planes))
	for k, p := range planes {
		order[k], means[k] = k, p.Mean()
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(means[b], means[a]) })
	return order[:min(n, len(order))]
}

// DrawStrongest draws the n strongest planes, with their numbers from 1 and their means as captions.
func DrawStrongest(planes []Plane, n int) (images []*picture.Image, captions []string) {
	for _, k := range Strongest(planes, n) {
		images = append(images, planes[k].Draw())
		captions = append(captions, fmt.Sprintf("kernel %d\nmean %.2f", k+1, planes[k].Mean()))
	}
	return images, captions
}

// DrawKernels draws kernels [colour][row][column] in colour, each weight as a square of 12×12 pixels; grey is 0.
// The captions are empty.
func DrawKernels(kernels [][3][][]float64) (images []*picture.Image, captions []string) {
	const scale = 12
	for _, kernel := range kernels {
		var colours [3]*picture.Image
		for c := range colours {
			colours[c] = Signed(slices.Concat(kernel[c]...), len(kernel[c][0]), scale)
		}
		m := &picture.Image{W: colours[0].W, H: colours[0].H, Pix: make([]byte, len(colours[0].Pix))}
		for i := range m.Pix {
			m.Pix[i] = colours[i%3].Pix[i]
		}
		images = append(images, m)
	}
	return images, make([]string, len(images))
}

// Draw draws the plane, a pixel a number; see Signed.
func (p Plane) Draw() *picture.Image { return Signed(slices.Concat(p...), len(p[0]), 1) }

// Mean is the mean of all numbers.
func (p Plane) Mean() float64 {
	sum, n := 0.0, 0
	for _, row := range p {
		for _, v := range row {
			sum += v
			n++
		}
	}
	return sum / float64(n)
}

// Moved leaves out the first d rows and columns: the plane of a picture whose window moves that far.
func (p Plane) Moved(d int) (moved Plane) {
	for _, row := range p[d:] {
		moved = append(moved, row[d:])
	}
	return moved
}

// Halved keeps every second row and column, as a layer with stride 2 does.
func (p Plane) Halved() Plane {
	half := make(Plane, (len(p)+1)/2)
	for i := range half {
		for j := 0; j < len(p[2*i]); j += 2 {
			half[i] = append(half[i], p[2*i][j])
		}
	}
	return half
}

// Apart is how far p lies from q: the root mean square of p − q over the part that both have, in units of q's.
func (p Plane) Apart(q Plane) float64 {
	difference, size := 0.0, 0.0
	for i := range min(len(p), len(q)) {
		for j := range min(len(p[i]), len(q[i])) {
			difference += (p[i][j] - q[i][j]) * (p[i][j] - q[i][j])
			size += q[i][j] * q[i][j]
		}
	}
	return math.Sqrt(difference / size)
}

// Farthest is the largest |p − q| over the part that both have.
func (p Plane) Farthest(q Plane) (largest float64) {
	for i := range min(len(p), len(q)) {
		for j := range min(len(p[i]), len(q[i])) {
			largest = max(largest, math.Abs(p[i][j]-q[i][j]))
		}
	}
	return largest
}

// Times is the matrix product p·q; p has as many columns as q has rows.
func (p Plane) Times(q Plane) Plane {
	product := make(Plane, len(p))
	for i := range p {
		product[i] = make([]float64, len(q[0]))
		for k := range q {
			for j := range q[k] {
				product[i][j] += p[i][k] * q[k][j]
			}
		}
	}
	return product
}

// Each is the plane of what f makes of each row.
func (p Plane) Each(f func(row []float64) []float64) Plane {
	each := make(Plane, len(p))
	for i, row := range p {
		each[i] = f(row)
	}
	return each
}

// Scaled is the plane with every number multiplied by a factor.
func (p Plane) Scaled(factor float64) Plane {
	scaled := make(Plane, len(p))
	for i, row := range p {
		for _, v := range row {
			scaled[i] = append(scaled[i], factor*v)
		}
	}
	return scaled
}

// Transposed exchanges rows and columns.
func (p Plane) Transposed() Plane {
	t := make(Plane, len(p[0]))
	for _, row := range p {
		for j, v := range row {
			t[j] = append(t[j], v)
		}
	}
	return t
}

// Rows are the rows with these numbers, in this order.
func (p Plane) Rows(order ...int) (rows Plane) {
	for _, i := range order {
		rows = append(rows, p[i])
	}
	return rows
}

// Text is all numbers, row by row, each formatted as by fmt.Sprintf.
func (p Plane) Text(format string) (texts []string) {
	for _, row := range p {
		for _, v := range row {
			texts = append(texts, fmt.Sprintf(format, v))
		}
	}
	return texts
}

// Table lays the plane out with names for rows and columns and four decimals; what stands over the names.
func (p Plane) Table(what string, names, columns []string) (header []string, rows [][]string) {
	for i, row := range p {
		rows = append(rows, append([]string{names[i]}, Plane{row}.Text("%.4f")...))
	}
	return append([]string{what}, columns...), rows
}
